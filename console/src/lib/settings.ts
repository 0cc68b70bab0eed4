/** Small choices of one person on one browser. Storage may be forbidden; then they last as long as the page. */

type Name = "language" | "theme" | "keys" | "wizard-draft" | `view:${string}`;

const PREFIX = "outdial.";
const unsaved = new Map<string, string>();

export function readSetting(name: Name): string | null {
  try {
    return localStorage.getItem(PREFIX + name) ?? unsaved.get(name) ?? null;
  } catch {
    return unsaved.get(name) ?? null;
  }
}

export function writeSetting(name: Name, value: string | null): void {
  if (value === null) unsaved.delete(name);
  else unsaved.set(name, value);
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, value);
  } catch {
    // Kept above.
  }
}
