import { describe, expect, it } from "vitest";
import { differing, merged } from "../src/lib/merge";
import { moved } from "../src/lib/move";
import { FRESH, fromSettings, problemsOf, readDraft, stepOf, toSettings, type Draft, type SettingsShown } from "../src/wizard/draft";

const words = { nameLength: "name", between: (least: number, most: number) => `${least}-${most}`, noHours: "hours" };

/** The API's answer to a body: the same members, and those that it adds. */
const answer = (draft: Draft): SettingsShown =>
  ({ abandonment_periods: [], shadow: false, ...toSettings(draft), id: "c", status: "READY", action_required: false, missing: [], version: 1 }) as unknown as SettingsShown;

describe("a draft", () => {
  it.each(["PREDICTIVE", "PROGRESSIVE", "PREVIEW"] as const)("of mode %s comes back the same from the API", (mode) => {
    const draft: Draft = {
      ...FRESH,
      mode,
      name: "Spring",
      lists: ["b", "a"],
      users: ["u"],
      chain: moved(FRESH.chain, 0, 2),
      exceptions: [{ date: "2026-12-24", windows: [] }],
      outcomes: { ...FRESH.outcomes, busy: { after: "RETRY", custom: true, attempts: 2, period: 5, unit: "MINUTES" } },
    };
    expect(differing(fromSettings(answer(draft)), draft)).toEqual([]);
  });

  it("keeps what only the API sets", () => {
    const beyond = {
      abandonment_periods: ["24h" as const],
      shadow: true,
      detection: { pause_in_ms: 800 },
    };
    const draft: Draft = { ...FRESH, name: "Spring", mode: "PROGRESSIVE", profile: "business", beyond };
    expect(fromSettings(answer(draft)).beyond).toEqual(beyond);
    expect(toSettings({ ...draft, mode: "PREDICTIVE" })).not.toHaveProperty("shadow");
  });

  it("has detection and a safety message of its own, or the carrier's", () => {
    expect(toSettings(FRESH)).not.toHaveProperty("detection");
    expect(toSettings(FRESH)).not.toHaveProperty("safety_message");
    const own: Draft = { ...FRESH, profile: "private", sampleRate: 2, safetyMessage: " north ", beyond: { detection: { pause_in_ms: 800 } } };
    expect(toSettings(own)).toMatchObject({ detection: { profile: "private", pause_in_ms: 800, sample_rate: 2 }, safety_message: "north" });
    expect(differing(fromSettings(answer(own)), { ...own, safetyMessage: "north" })).toEqual([]);
    // Rules change a profile: without one the API takes none.
    expect(toSettings({ ...own, profile: "" }).detection).toEqual({ sample_rate: 2 });
  });

  it("looks at a rate only where there is detection", () => {
    const rate = { name: "Fine", sampleRate: Number.NaN } as const;
    expect(problemsOf({ ...FRESH, ...rate }, words)).toEqual([]);
    expect(problemsOf({ ...FRESH, ...rate, machineDetection: true }, words)).toEqual([{ name: "detection.sample_rate", description: "0-100" }]);
  });

  it("sends only what its mode asks for", () => {
    const preview = toSettings({ ...FRESH, mode: "PREVIEW" });
    expect(preview.dialing_mode_configuration).toEqual({ max_ring_time_in_secs: FRESH.ringSeconds });
    expect(preview.dialing_strategy).toMatchObject({ strategy_type: "AUTOMATIC", preview_timeout: 30, max_skip_attempts: 3 });
    expect(toSettings(FRESH).dialing_strategy).not.toHaveProperty("preview_timeout");
  });

  it("says what is plainly wrong, at its place", () => {
    expect(problemsOf({ ...FRESH, name: "Fine" }, words)).toEqual([]);
    const wrong = problemsOf({ ...FRESH, name: "ab", maxAttempts: Number.NaN, windows: [] }, words);
    expect(wrong.map((problem) => [problem.name, stepOf(problem.name)])).toEqual([
      ["name", "mode"],
      ["dialing_strategy.max_attempts", "attempts"],
      ["dialing_strategy.calling_hours", "hours"],
    ]);
  });

  it("looks at the numbers in its rows, as far as they count", () => {
    const own = { after: "RETRY" as const, custom: true, attempts: Number.NaN, period: 0, unit: "MINUTES" as const };
    const wrong = problemsOf(
      {
        ...FRESH,
        name: "Fine",
        chain: FRESH.chain.with(1, { type: "HOME", attempts: 101, period: 0, unit: "HOURS" }),
        outcomes: { ...FRESH.outcomes, busy: own, no_answer: { ...own, custom: false }, abandoned: { ...own, after: "FINAL" } },
      },
      words,
    );
    expect(wrong.map((problem) => [problem.name, stepOf(problem.name), problem.description])).toEqual([
      ["dialing_strategy.record_chain.1.max_attempts", "records", "1-100"],
      ["dialing_strategy.record_chain.1.retry_period", "records", "1-2592000"],
      ["dialing_strategy.dispositions.busy.max_attempts", "outcomes", "1-100"],
      ["dialing_strategy.dispositions.busy.retry_period", "outcomes", "1-2592000"],
    ]);
  });

  it("leads each member of the API to its step", () => {
    expect(stepOf("dialing_strategy.record_chain.0.max_attempts")).toBe("records");
    expect(stepOf("dialing_strategy.dispositions.busy.retry_period")).toBe("outcomes");
    expect(stepOf("dialing_strategy.preview_timeout")).toBe("pacing");
    expect(stepOf("dialing_mode_configuration.max_dialing_ratio")).toBe("pacing");
    expect(stepOf("detection.sample_rate")).toBe("pacing");
    expect(stepOf("safety_message")).toBe("pacing");
    expect(stepOf("numbers.0")).toBe("people");
    expect(stepOf("presets")).toBe("hours");
  });

  it("is read from storage only if it is whole", () => {
    expect(readDraft(JSON.stringify(FRESH))).toEqual(FRESH);
    expect(readDraft('{"name": "of an older version"}')).toBeNull();
    expect(readDraft("no JSON")).toBeNull();
    expect(readDraft(null)).toBeNull();
  });
});

describe("a conflict", () => {
  const base: Draft = { ...FRESH, name: "Base" };
  const clash = { base, theirs: { ...base, priority: 9, maxAttempts: 7 }, tag: "t", at: null };
  const mine: Draft = { ...base, priority: 2, skips: 5 };

  it("takes theirs, and keeps what only we changed", () => {
    expect(merged(clash, mine, [])).toEqual({ ...base, priority: 9, maxAttempts: 7, skips: 5 });
  });

  it("takes ours where we say so", () => {
    expect(merged(clash, mine, ["priority"]).priority).toBe(2);
  });
});

it("moves an item to a place, and no further than the ends", () => {
  expect(moved(["a", "b", "c"], 2, 0)).toEqual(["c", "a", "b"]);
  expect(moved(["a", "b", "c"], 0, 9)).toEqual(["b", "c", "a"]);
  const list = ["a"];
  expect(moved(list, 0, 0)).toBe(list);
});
