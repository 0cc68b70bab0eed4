import { expect, it } from "vitest";
import { allHours } from "../src/results/hours";

it("fills the hours between the first and the last in which nothing was dialed", () => {
  const at = (hour: number) => ({ hour: `2026-06-01T0${hour}:00:00Z` });
  const found = allHours([at(3), at(6)]);
  expect(found.map(({ counts }) => counts?.hour)).toEqual([at(3).hour, undefined, undefined, at(6).hour]);
  expect(allHours([])).toEqual([]);
});
