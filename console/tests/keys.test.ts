import { expect, it } from "vitest";
import { means } from "../src/lib/keys";

const press = (key: string, more = {}) => ({ key, ctrl: false, alt: false, inText: false, ...more });

it("takes a letter outside of text fields only, and only when letters are wanted", () => {
  expect(means(press("d"), "d", true)).toBe(true);
  expect(means(press("D"), "d", true)).toBe(true);
  expect(means(press("d", { inText: true }), "d", true)).toBe(false);
  expect(means(press("d"), "d", false)).toBe(false);
  expect(means(press("d", { ctrl: true }), "d", true)).toBe(false);
  expect(means(press("d", { alt: true }), "d", true)).toBe(false);
});

it("takes a key with Ctrl or Cmd also inside of text fields", () => {
  expect(means(press("Enter", { ctrl: true, inText: true }), "mod+enter", false)).toBe(true);
  expect(means(press("Enter"), "mod+enter", true)).toBe(false);
});
