/** All that the console says, in the language of choice. */

import { createContext, use, useEffect, useMemo, useState, type ReactNode } from "react";
import { readSetting, writeSetting } from "../lib/settings";
import { formats, type Formats } from "../lib/format";
import { en } from "./en";

export type Text = typeof en;

export const LANGUAGES = { en: "English", pt: "Português" } as const;
export type Language = keyof typeof LANGUAGES;

/** Other languages than English are fetched when somebody wants them. */
const loaders: Record<Language, () => Promise<Text>> = {
  en: () => Promise.resolve(en),
  pt: () => import("./pt").then((module) => module.pt),
};

interface Spoken {
  readonly language: Language;
  readonly text: Text;
  readonly format: Formats;
}

interface Choice extends Spoken {
  readonly choose: (language: Language) => void;
}

const TextContext = createContext<Choice | null>(null);

export function TextProvider({ children }: { readonly children: ReactNode }) {
  const [wanted, setWanted] = useState(preferred);
  const [spoken, setSpoken] = useState<Spoken>(() => ({ language: "en", text: en, format: formats(localeFor("en")) }));
  useEffect(() => {
    let current = true;
    void loaders[wanted]().then((text) => {
      if (!current) return;
      document.documentElement.lang = wanted;
      setSpoken({ language: wanted, text, format: formats(localeFor(wanted)) });
    });
    return () => {
      current = false;
    };
  }, [wanted]);
  const choice = useMemo(
    () => ({
      ...spoken,
      choose: (language: Language) => {
        writeSetting("language", language);
        setWanted(language);
      },
    }),
    [spoken],
  );
  return <TextContext value={choice}>{children}</TextContext>;
}

export function useLanguage(): Choice {
  const choice = use(TextContext);
  if (choice === null) throw new Error("useLanguage outside of TextProvider");
  return choice;
}

export const useText = (): Text => useLanguage().text;
/** A part of the catalogue that comes with the pages that speak of it. */
export const useWords = <T,>(words: Readonly<Record<Language, T>>): T => words[useLanguage().language];
export const useFormat = (): Formats => useLanguage().format;

function preferred(): Language {
  const chosen = readSetting("language");
  if (isLanguage(chosen)) return chosen;
  return navigator.languages.map((tag) => tag.slice(0, 2)).find(isLanguage) ?? "en";
}

/** The browser's own variant of the language, so that dates and hours look as its user is used to. */
function localeFor(language: Language): string {
  return navigator.languages.find((tag) => tag.startsWith(language)) ?? language;
}

function isLanguage(word: string | null): word is Language {
  return word !== null && word in LANGUAGES;
}
