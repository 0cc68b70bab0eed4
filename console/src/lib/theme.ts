/** Light, dark, or as the system is: the style sheet's `light-dark()` follows `color-scheme` of the root element. */

import { readSetting, writeSetting } from "./settings";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export function currentTheme(): Theme {
  const chosen = readSetting("theme");
  return THEMES.find((theme) => theme === chosen) ?? "system";
}

export function applyTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
  // Charts draw their colours themselves.
  window.dispatchEvent(new Event("outdial:theme"));
}

export function chooseTheme(theme: Theme): void {
  writeSetting("theme", theme === "system" ? null : theme);
  applyTheme(theme);
}
