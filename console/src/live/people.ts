import type { AgentState, Person } from "../stream/topics";

export type Order = "longest" | "name";

const STATES: readonly AgentState[] = ["wrap_up", "paused", "talking", "reserved", "dialing", "previewing", "ready"];

/** Agents in an order to read: by the longest in their state, or by name. */
export function ordered(people: readonly Person[], order: Order): readonly Person[] {
  return people.toSorted((one, other) =>
    order === "name" ? one.name.localeCompare(other.name) : one.since.localeCompare(other.since) || one.name.localeCompare(other.name),
  );
}

/** The states that somebody is in, those that stand out first. */
export function statesOf(states: Readonly<Partial<Record<AgentState, number>>>): readonly (readonly [AgentState, number])[] {
  return STATES.flatMap((state) => ((states[state] ?? 0) > 0 ? [[state, states[state] ?? 0] as const] : []));
}

const LONG_WRAP_UP_MS = 120_000;

/** Somebody to look after: in wrap-up for long, or with a lost link. */
export function standsOut(person: Person, now: number | null): boolean {
  if (person.link === "lost" || person.link === "gone") return true;
  return person.state === "wrap_up" && now !== null && now - Date.parse(person.since) > LONG_WRAP_UP_MS;
}
