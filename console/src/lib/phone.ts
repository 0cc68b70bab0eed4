/** A number as people write it, without the signs that are no part of it. */
export function asE164(number: string): string {
  return number.replace(/[\s().-]/g, "").replace(/^00/, "+");
}
