import { hours as en } from "../text/en/hours";
import { hours as pt } from "../text/pt/hours";
import { useWords } from "../text/text";

const WORDS = { en, pt };

/** What is said of calling hours: fetched with the pages that edit them. */
export const useHoursText = () => useWords(WORDS);
