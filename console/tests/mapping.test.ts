import { describe, expect, it } from "vitest";
import { mappingProblems } from "../src/lists/mapping";

describe("what the columns of a file become", () => {
  it("needs both names and one phone number", () => {
    expect(mappingProblems(["timezone", "extra_data"]).map(({ code }) => code)).toEqual(["no-first-name", "no-last-name", "no-phone"]);
    expect(mappingProblems(["first_name", "EXTRA_2", "last_name"])).toEqual([]);
  });

  it("has each member once, and as many other columns as there are", () => {
    expect(mappingProblems(["first_name", "last_name", "HOME", "HOME", "extra_data", "extra_data", "leave_out", "leave_out"])).toEqual([
      { code: "twice", use: "HOME" },
    ]);
  });
});
