/** Keys of the whole page. Single letters work only outside of text fields, and can be turned off. */

import { useEffect, useEffectEvent } from "react";
import { readSetting } from "./settings";

export interface Pressed {
  readonly key: string;
  readonly ctrl: boolean;
  readonly alt: boolean;
  readonly inText: boolean;
}

/** Is this press meant by `combo`: a letter or sign (`d`, `?`), or `mod+k`, `mod+enter` for Ctrl or Cmd with it?
 *
 * @param letters whether single keys are wanted at all
 */
export function means(pressed: Pressed, combo: string, letters: boolean): boolean {
  if (pressed.alt) return false;
  const withMod = combo.startsWith("mod+");
  if (withMod !== pressed.ctrl) return false;
  if (!withMod && (pressed.inText || !letters)) return false;
  return pressed.key.toLowerCase() === (withMod ? combo.slice(4) : combo);
}

const TEXT_INPUTS = new Set(["text", "search", "email", "password", "number", "tel", "url", "date", "time", "datetime-local"]);

function inText(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return TEXT_INPUTS.has(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.isContentEditable;
}

export const lettersWanted = (): boolean => readSetting("keys") !== "off";

/** Act on a key wherever the focus is; `enabled` false leaves it alone. */
export function useKey(combo: string, act: () => void, enabled = true): void {
  const run = useEffectEvent(act);
  useEffect(() => {
    if (!enabled) return;
    const onKeyDown = (event: KeyboardEvent) => {
      // What is under an open dialog is not meant.
      const modal = document.querySelector("[role=dialog], [role=alertdialog]");
      if (event.defaultPrevented || event.repeat || (modal && !modal.contains(event.target as Node))) return;
      const pressed = { key: event.key, ctrl: event.ctrlKey || event.metaKey, alt: event.altKey, inText: inText(event.target) };
      if (!means(pressed, combo, lettersWanted())) return;
      event.preventDefault();
      run();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [combo, enabled]);
}
