import { imports as en } from "../text/en/imports";
import { imports as pt } from "../text/pt/imports";
import { useWords } from "../text/text";

const WORDS = { en, pt };

/** What is said of files on their way into lists: fetched with the pages that speak of them. */
export const useImportText = () => useWords(WORDS);
