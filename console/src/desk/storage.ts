/** What a tab remembers of the desk until it is closed. Storage may be forbidden; then it lasts as long as the page. */

const PREFIX = "outdial.desk.";
const unsaved = new Map<string, string>();

export function remembered(name: string): string | null {
  try {
    return sessionStorage.getItem(PREFIX + name) ?? unsaved.get(name) ?? null;
  } catch {
    return unsaved.get(name) ?? null;
  }
}

export function remember(name: string, value: string | null): void {
  if (value === null) unsaved.delete(name);
  else unsaved.set(name, value);
  try {
    if (value === null) sessionStorage.removeItem(PREFIX + name);
    else sessionStorage.setItem(PREFIX + name, value);
  } catch {
    // Kept above.
  }
}
