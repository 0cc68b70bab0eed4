import { describe, expect, it } from "vitest";
import { duration, formats } from "../src/lib/format";
import { heardTime, timeAt } from "../src/lib/server-clock";

const TEN_OCLOCK = Date.parse("2026-06-01T10:00:00Z");

describe("the server's clock", () => {
  it("is carried on between two messages", () => {
    const clock = heardTime(null, TEN_OCLOCK, 0);
    expect(timeAt(clock, 1_200)).toBe(TEN_OCLOCK + 1_200);
  });

  it("stops when nothing is heard any more", () => {
    const clock = heardTime(null, TEN_OCLOCK, 0);
    expect(timeAt(clock, 60_000)).toBe(timeAt(clock, 3_000));
  });

  it("goes at the server's own pace", () => {
    const atTen = (second: number) => [TEN_OCLOCK + second * 10_000, second * 1_000] as const;
    let clock = heardTime(null, ...atTen(0));
    for (let second = 1; second <= 12; second += 1) clock = heardTime(clock, ...atTen(second));
    expect(clock.pace).toBeCloseTo(10, 1);
    expect(timeAt(clock, 12_500)).toBeCloseTo(TEN_OCLOCK + 125_000, -3);
  });

  it("never goes back for a message that was sent before another", () => {
    const clock = heardTime(heardTime(null, TEN_OCLOCK, 0), TEN_OCLOCK - 50, 10);
    expect(clock.serverMs).toBe(TEN_OCLOCK);
  });
});

describe("formats", () => {
  it("shows times by the day's 24 hours, in a zone if one is named", () => {
    const { clock, time, near } = formats("en-GB");
    expect(clock(TEN_OCLOCK, "Europe/Lisbon")).toBe("11:00:00");
    expect(time("2026-06-01T23:05:00Z", "UTC")).toBe("23:05");
    expect(near("2026-06-01T23:05:00Z", TEN_OCLOCK, "UTC")).toBe("23:05");
    expect(near("2026-06-02T09:00:00Z", TEN_OCLOCK, "UTC")).toContain("2 Jun");
  });

  it("shows a rate of 0..1 as a percentage", () => {
    expect(formats("en-GB").percent(0.0172, 2)).toBe("1.72%");
    expect(formats("pt-PT").percent(0.0172, 2)).toBe("1,72%");
  });

  it.each([
    [0, "0:00"],
    [66_999, "1:06"],
    [3_600_000, "1:00:00"],
    [7_389_000, "2:03:09"],
    [-5, "0:00"],
  ])("%d ms last %s", (ms, shown) => {
    expect(duration(ms)).toBe(shown);
  });
});
