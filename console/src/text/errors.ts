/** The words for the API's error codes, fetched when the first error is shown. */

import { useEffect, useState } from "react";
import { useLanguage, type Language } from "./text";

type Words = Readonly<Record<string, string>>;

const loaders: Record<Language, () => Promise<Words>> = {
  en: () => import("./en/errors").then((module) => module.errors),
  pt: () => import("./pt/errors").then((module) => module.errors),
};

/** Null until they are there; where they cannot be fetched the server's own words have to do. */
export function useErrorWords(): Words | null {
  const { language } = useLanguage();
  const [words, setWords] = useState<Words | null>(null);
  useEffect(() => {
    let current = true;
    loaders[language]().then(
      (found) => current && setWords(found),
      () => undefined,
    );
    return () => {
      current = false;
    };
  }, [language]);
  return words;
}
