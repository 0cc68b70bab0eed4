import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { errors as en } from "../src/text/en/errors";
import { errors as pt } from "../src/text/pt/errors";

/** Every code that the API's document says an answer may have. */
function codesOf(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value !== "object" || value === null) return found;
  const { code } = value as { readonly code?: { readonly enum?: readonly string[]; readonly const?: string } };
  for (const one of [...(code?.enum ?? []), ...(code?.const === undefined ? [] : [code.const])]) found.add(one);
  for (const inner of Object.values(value)) codesOf(inner, found);
  return found;
}

describe("the words for errors", () => {
  // A new code of the API needs a line in console/src/text/en/errors.ts and in console/src/text/pt/errors.ts.
  it("are there for each code of the API and for no other", () => {
    const document: unknown = JSON.parse(readFileSync(new URL("../../docs/openapi.json", import.meta.url), "utf8"));
    const codes = codesOf(document);
    expect(codes.size).toBeGreaterThan(100);
    expect(Object.keys(en).toSorted()).toEqual([...codes].toSorted());
  });

  it("are there in each language, and never the same in both", () => {
    expect(Object.keys(pt)).toEqual(Object.keys(en));
    expect(Object.values(pt).filter((words) => words === "" || Object.values(en).includes(words))).toEqual([]);
  });
});
