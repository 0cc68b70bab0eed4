import { expect, it } from "vitest";
import { columns, NO_RATES, withRate } from "../src/live/series";

it("draws the streamed points in the order of time", () => {
  const found = columns({ "20": [5, 2, 1, 3], "10": [4, 1, 2, 3] });
  expect(found).toEqual({ times: [10, 20], inFlight: [4, 5], ready: [2, 1] });
});

it("keeps the rates it has seen, each second once, and no more than ten minutes of them", () => {
  let history = withRate(NO_RATES, 10, 0.01);
  expect(withRate(history, 10, 0.02)).toBe(history);
  expect(withRate(history, 9, 0.02)).toBe(history);
  for (let second = 11; second < 800; second += 1) history = withRate(history, second, null);
  expect(history.times).toHaveLength(600);
  expect(history.times.at(-1)).toBe(799);
  expect(history.rates).toHaveLength(600);
});
