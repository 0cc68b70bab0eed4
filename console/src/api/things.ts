/** What is chosen from by name: record lists, do-not-call lists, users, caller numbers. */

import { queryOptions } from "@tanstack/react-query";
import { api, told } from "./client";

export interface Thing {
  readonly id: string;
  readonly name: string;
  /** A word beside the name: how many records, or the status. */
  readonly detail?: string;
}

interface Page {
  readonly total_pages: number;
}

/** More than so many pages are not read: whoever has them needs another way to choose. */
const MOST_PAGES = 20;

export async function allPages<P extends Page, T>(page: (number: number) => Promise<P>, items: (page: P) => readonly T[]): Promise<T[]> {
  const found: T[] = [];
  for (let number = 1; number <= MOST_PAGES; number += 1) {
    const answer = await page(number);
    found.push(...items(answer));
    if (number >= answer.total_pages) break;
  }
  return found;
}

const byName = (things: Thing[]) => things.toSorted((one, other) => one.name.localeCompare(other.name));

export const recordListsQuery = queryOptions({
  queryKey: ["things", "record-lists"],
  queryFn: async () =>
    byName(
      await allPages(
        (page) => told(api.GET("/record-lists", { params: { query: { page, per_page: 500 } } })),
        (page) => page._embedded.record_lists.map((list) => ({ id: list.id, name: list.name, detail: String(list.records_count) })),
      ),
    ),
});

export const dncListsQuery = queryOptions({
  queryKey: ["things", "dnc-lists"],
  queryFn: async () =>
    byName(
      await allPages(
        (page) => told(api.GET("/do-not-call-lists", { params: { query: { page, per_page: 500 } } })),
        (page) => page._embedded.do_not_call_lists.map((list) => ({ id: list.id, name: list.name, detail: String(list.entries_count) })),
      ),
    ),
});

export const usersQuery = queryOptions({
  queryKey: ["things", "users"],
  queryFn: async () =>
    byName(
      await allPages(
        (page) => told(api.GET("/v1/users", { params: { query: { page, per_page: 100 } } })),
        (page) => page._embedded.users.map((user) => ({ id: user.id, name: user.name, ...(user.email !== undefined && { detail: user.email }) })),
      ),
    ),
});

export const numbersQuery = queryOptions({
  queryKey: ["things", "numbers"],
  queryFn: async () =>
    byName(
      await allPages(
        (page) => told(api.GET("/v1/numbers", { params: { query: { page, per_page: 100 } } })),
        (page) => page._embedded.numbers.map((number) => ({ id: number.id, name: number.phone_number })),
      ),
    ),
});
