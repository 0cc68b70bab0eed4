import { expect, it } from "vitest";
import { columns, rateColumns } from "../src/live/series";

it("draws the streamed points in the order of time", () => {
  const found = columns({ "20": [5, 2, 1, 3], "10": [4, 1, 2, 3] });
  expect(found).toEqual({ times: [10, 20], inFlight: [4, 5], ready: [2, 1] });
});

it("draws how abandonment stood after each call, on to now", () => {
  const rates = { "20": 0.02, "10": 0.01 };
  expect(rateColumns(rates, { second: 25, rate: 0.02 })).toEqual({ times: [10, 20, 25], rates: [0.01, 0.02, 0.02] });
  expect(rateColumns(rates, { second: 15, rate: 0.02 }).times).toEqual([10, 20]);
  expect(rateColumns({}, { second: 15, rate: 0.02 }).times).toEqual([]);
});
