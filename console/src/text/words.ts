/** A word of the API in the user's language; one that this console does not know yet is shown as it is. */
export function wordFor(words: Readonly<Record<string, string>>, word: string): string {
  return words[word] ?? word.replaceAll("_", " ");
}
