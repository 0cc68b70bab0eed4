/** The names that are offered; a browser knows others as well, such as the spellings that cities had or have now. */
export const ZONES: readonly string[] = Intl.supportedValuesOf("timeZone");

/** Whether there is a time zone of this name, whichever of its names that is. */
export function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "" && name !== "";
  } catch {
    return false;
  }
}
