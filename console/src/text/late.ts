/** Words of a page that is fetched when it is first wanted: they come with it, in every language, and not before. */

import { useLanguage, type Language } from "./text";

export type LateWords<T> = Readonly<Record<Language, T>>;

export function useLate<T>(words: LateWords<T>): T {
  return words[useLanguage().language];
}
