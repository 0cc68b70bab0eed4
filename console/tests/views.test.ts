import { describe, expect, it } from "vitest";
import { readViews, sameFilters, searchOf, viewNamed, withoutView, withView, type SavedView } from "../src/lib/views";

const view = (name: string, filters: Record<string, string> = {}): SavedView => ({ name, filters });

describe("saved views", () => {
  it("are kept by name, one of each name whatever its case", () => {
    const views = withView(withView([view("Paused")], view("At work")), view("PAUSED", { status: "PAUSED" }));
    expect(views).toEqual([view("At work"), view("PAUSED", { status: "PAUSED" })]);
    expect(viewNamed(views, "paused")).toEqual(view("PAUSED", { status: "PAUSED" }));
    expect(withoutView(views, "paused")).toEqual([view("At work")]);
  });

  it("are the address of a page, without what is not set", () => {
    expect(searchOf({ name: "spring & summer", status: "" })).toBe("?name=spring+%26+summer");
    expect(searchOf({ name: "" })).toBe("");
  });

  it("are the present one where all filters are the same, an unset one too", () => {
    expect(sameFilters({ name: "a" }, { name: "a", status: "" })).toBe(true);
    expect(sameFilters({ name: "a" }, { name: "a", status: "PAUSED" })).toBe(false);
  });

  it("are read as far as they are ours", () => {
    const stored = JSON.stringify([view("Mine", { name: "a" }), { name: 7, filters: {} }, { name: "x", filters: { name: 1 } }, null]);
    expect(readViews(stored)).toEqual([view("Mine", { name: "a" })]);
    expect(readViews("no JSON")).toEqual([]);
    expect(readViews('{"name": "Mine"}')).toEqual([]);
    expect(readViews(null)).toEqual([]);
  });
});
