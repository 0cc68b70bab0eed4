/** Saved views: filters under a name, so that what somebody looks at often is one press away. */

import type { Filters } from "./filters";

export interface SavedView {
  readonly name: string;
  readonly filters: Filters;
}

const sameName = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();

export function viewNamed(views: readonly SavedView[], name: string): SavedView | undefined {
  return views.find((view) => sameName(view.name, name));
}

/** The views by name, with this one in place of any other of its name. */
export function withView(views: readonly SavedView[], view: SavedView): readonly SavedView[] {
  return [...withoutView(views, view.name), view].toSorted((one, other) => one.name.localeCompare(other.name));
}

export function withoutView(views: readonly SavedView[], name: string): readonly SavedView[] {
  return views.filter((view) => !sameName(view.name, name));
}

export function sameFilters(one: Filters, other: Filters): boolean {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every((name) => (one[name] ?? "") === (other[name] ?? ""));
}

/** What a view adds to its page's address. */
export function searchOf(filters: Filters): string {
  const search = new URLSearchParams(Object.entries(filters).filter(([, value]) => value !== ""));
  return search.size === 0 ? "" : `?${search.toString()}`;
}

/** The views in stored text; what is none of ours is left out. */
export function readViews(stored: string | null): readonly SavedView[] {
  if (stored === null) return [];
  try {
    const read: unknown = JSON.parse(stored);
    return Array.isArray(read) ? read.filter(isView) : [];
  } catch {
    return [];
  }
}

function isView(read: unknown): read is SavedView {
  if (typeof read !== "object" || read === null || !("name" in read) || !("filters" in read)) return false;
  const { name, filters } = read;
  return typeof name === "string" && typeof filters === "object" && filters !== null && Object.values(filters).every((value) => typeof value === "string");
}
