import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bodyOf, draftOf, type HourTemplate } from "../src/hours/draft";
import { byDay, instantOf, opening, placeInDay, WEEK_DAYS, weekInWords, windowsOf, type CallingWindow, type Hours, type WeekDay } from "../src/lib/calling-hours";
import { isZone } from "../src/lib/zones";

const WORK_DAYS: readonly WeekDay[] = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"];
const OFFICE: CallingWindow = { from: "09:00:00", to: "20:00:00", week_days: WORK_DAYS };
const at = (instant: string) => Date.parse(instant);
const shown = (windows: readonly CallingWindow[], zone: string, now: string, exceptions: Parameters<typeof opening>[0]["exceptions"] = []) => {
  const { isOpen, until } = opening({ windows, exceptions }, zone, at(now));
  return [isOpen, until === null ? null : new Date(until).toISOString()];
};

describe("calling hours", () => {
  it("are those of the contact's own clock", () => {
    // A Monday, 08:30 in London and 09:30 in Berlin.
    expect(shown([OFFICE], "Europe/London", "2026-06-01T07:30:00Z")).toEqual([false, "2026-06-01T08:00:00.000Z"]);
    expect(shown([OFFICE], "Europe/Berlin", "2026-06-01T07:30:00Z")).toEqual([true, "2026-06-01T18:00:00.000Z"]);
  });

  it("include their beginning and not their end", () => {
    expect(shown([OFFICE], "UTC", "2026-06-01T09:00:00Z")[0]).toBe(true);
    expect(shown([OFFICE], "UTC", "2026-06-01T20:00:00Z")).toEqual([false, "2026-06-02T09:00:00.000Z"]);
  });

  it("wait over a weekend", () => {
    expect(shown([OFFICE], "Europe/Lisbon", "2026-06-05T21:00:00Z")).toEqual([false, "2026-06-08T08:00:00.000Z"]);
  });

  it("follow the clock through a change to winter time", () => {
    // On Sunday the 25th of October Lisbon goes from UTC+1 to UTC.
    expect(shown([OFFICE], "Europe/Lisbon", "2026-10-23T20:00:00Z")).toEqual([false, "2026-10-26T09:00:00.000Z"]);
  });

  it("run into the next day, and for a whole day", () => {
    const night: CallingWindow = { from: "22:00:00", to: "02:00:00", week_days: ["MONDAY"] };
    expect(shown([night], "UTC", "2026-06-02T01:30:00Z")).toEqual([true, "2026-06-02T02:00:00.000Z"]);
    const wholeWeek: CallingWindow = { from: "00:00:00", to: "00:00:00", week_days: [...WORK_DAYS, "SATURDAY", "SUNDAY"] };
    expect(shown([wholeWeek], "UTC", "2026-06-02T01:30:00Z")).toEqual([true, null]);
  });

  it("give way to an exception, which nothing of the day before runs into", () => {
    const night: CallingWindow = { from: "22:00:00", to: "02:00:00", week_days: ["MONDAY"] };
    expect(shown([night], "UTC", "2026-06-02T01:00:00Z", [{ date: "2026-06-02", windows: [] }])[0]).toBe(false);
    const short = [{ date: "2026-06-01", windows: [{ from: "10:00:00", to: "11:00:00" }] }];
    expect(shown([OFFICE], "UTC", "2026-06-01T09:30:00Z", short)).toEqual([false, "2026-06-01T10:00:00.000Z"]);
  });

  it("never open without any window", () => {
    expect(shown([], "UTC", "2026-06-01T09:30:00Z")).toEqual([false, null]);
  });
});

describe("the table that the dialer's own calling hours are held against", () => {
  const DAYS_FORESEEN_MS = 8 * 86_400_000;
  const lines = readFileSync(new URL("../../tests/domain/calling_hours_golden.csv", import.meta.url), "utf8").trim().split(/\r?\n/);
  // The page shows one zone at a time, and leaves public holidays to the server.
  const rows = lines
    .slice(1)
    // What a case is about may have commas in it; nothing else has.
    .map((line) => line.replace(/^"[^"]*"/, "").split(","))
    .filter(([, , , holidays, zones]) => holidays === "" && !zones?.includes(" "));

  const span = (text = "") => {
    const [from, to] = text.split("-");
    return { from: `${from}:00`, to: `${to}:00` };
  };
  const dayOf = (name = "") => WEEK_DAYS.findIndex((day) => day.toLowerCase().startsWith(name));
  const hoursOf = (windows = "", exceptions = ""): Hours => ({
    windows: windows.split("; ").filter(Boolean).map((text) => {
      const [days = "", times] = text.split(" ");
      const [first, last = first] = days.split("-");
      return { ...span(times), week_days: WEEK_DAYS.slice(dayOf(first), dayOf(last) + 1) };
    }),
    exceptions: [...new Set(exceptions.split("; ").map((text) => text.slice(0, 10)))].filter(Boolean).map((date) => ({
      date,
      windows: exceptions
        .split("; ")
        .filter((text) => text.startsWith(date) && !text.endsWith("closed"))
        .map((text) => span(text.slice(11))),
    })),
  });

  it("says the same as the page, also where clocks change", () => {
    expect(rows.length).toBeGreaterThan(600);
    const differ = rows.filter(([, windows, exceptions, , zone = "", now = "", open, until = ""]) => {
      const found = opening(hoursOf(windows, exceptions), zone, at(now));
      const end = until === "" ? null : at(until);
      // An end further away than a week is not looked for.
      const shownEnd = end !== null && end - at(now) > DAYS_FORESEEN_MS ? found.until : end;
      return found.isOpen !== (open === "open") || found.until !== shownEnd;
    });
    expect(differ).toEqual([]);
  });
});

describe("a time zone", () => {
  it("is known by any of its names, and by no other", () => {
    expect(["Europe/Lisbon", "Asia/Kathmandu", "Asia/Katmandu"].map(isZone)).toEqual([true, true, true]);
    expect(["Mars/Olympus", "", "Lisbon"].map(isZone)).toEqual([false, false, false]);
  });
});

describe("a week", () => {
  it("comes back the same from its days", () => {
    const windows: CallingWindow[] = [OFFICE, { from: "10:00:00", to: "13:00:00", week_days: ["SATURDAY"] }];
    expect(windowsOf(byDay(windows))).toEqual(windows);
  });

  it("is drawn within its own day", () => {
    expect(placeInDay({ from: "06:00:00", to: "18:00:00" })).toEqual([0.25, 0.75]);
    expect(placeInDay({ from: "18:00:00", to: "02:00:00" })).toEqual([0.75, 1]);
  });
});

it("turns a contact's date and time into an instant, also where clocks change", () => {
  expect(instantOf("2026-11-24", "10:30", "Europe/Lisbon").toISOString()).toBe("2026-11-24T10:30:00.000Z");
  expect(instantOf("2026-06-24", "10:30", "Europe/Lisbon").toISOString()).toBe("2026-06-24T09:30:00.000Z");
  expect(instantOf("2026-10-25", "01:30", "Europe/Lisbon").toISOString()).toBe("2026-10-25T00:30:00.000Z");
});

describe("a template", () => {
  it("comes back the same from the API", () => {
    const draft = {
      name: "Evenings",
      windows: [{ from: "17:00:00", to: "20:00:00", week_days: ["MONDAY" as const] }],
      exceptions: [{ date: "2026-12-24", windows: [{ from: "09:00:00", to: "12:00:00" }] }],
      holidays: ["PT"],
    };
    const shown = { ...bodyOf(draft), id: "t", created_at: "", updated_at: "", _links: {} } as unknown as HourTemplate;
    expect(draftOf(shown)).toEqual(draft);
    expect(bodyOf({ ...draft, name: " Evenings " }).name).toBe("Evenings");
  });

  it("is told in words", () => {
    const days = { MONDAY: "Mon", TUESDAY: "Tue", WEDNESDAY: "Wed", THURSDAY: "Thu", FRIDAY: "Fri", SATURDAY: "Sat", SUNDAY: "Sun" };
    const windows = [
      { from: "09:00:00", to: "18:00:00", week_days: ["MONDAY", "TUESDAY"] as const },
      { from: "10:00:00", to: "14:30:00", week_days: ["SATURDAY"] as const },
    ];
    expect(weekInWords(windows, days)).toBe("Mon, Tue 09:00–18:00 · Sat 10:00–14:30");
  });
});
