import { describe, expect, test } from "vitest";
import { NOTHING_ASKED, questionOf, sizesAround } from "../src/forecast/question";

const COMPLAINTS = { agentsWrong: "agents", numberWrong: "number", hoursWrong: "hours" };
const question = (typed: Partial<typeof NOTHING_ASKED>) => questionOf({ ...NOTHING_ASKED, ...typed }, COMPLAINTS);

describe("the question of a forecast", () => {
  test("says nothing of what was left empty", () => {
    expect(question({})).toEqual({});
  });

  test("reads team sizes however they are set apart, and a comma within a number", () => {
    expect(question({ agents: "12, 4;8", cap: "2,5", ratio: "1.5" })).toEqual({
      agents: [4, 8, 12],
      max_abandonment_rate: 2.5,
      max_dialing_ratio: 1.5,
    });
  });

  test("asks for the same hours on every day", () => {
    expect(question({ from: "09:00", to: "18:30" })).toMatchObject({ calling_hours: [{ from: "09:00:00", to: "18:30:00", week_days: { length: 7 } }] });
  });

  test("names what is no number and what is half", () => {
    expect(question({ agents: "4, x", cap: "much", from: "09:00" })).toEqual([
      { name: "agents", description: "agents" },
      { name: "max_abandonment_rate", description: "number" },
      { name: "calling_hours", description: "hours" },
    ]);
  });

  test("compares teams around the one there is, each once", () => {
    expect([sizesAround(0), sizesAround(8)]).toEqual(["1, 2, 3, 4", "4, 6, 8, 12, 16"]);
  });
});
