import type { AgentState, Person } from "../stream/topics";

export type Order = "longest" | "name";

const STATES: readonly AgentState[] = ["wrap_up", "paused", "talking", "reserved", "dialing", "previewing", "ready"];

const names = new Intl.Collator();

/** Agents in an order to read: by the longest in their state, or by name. */
export function ordered(people: readonly Person[], order: Order): readonly Person[] {
  // Instants are all written alike, and come in the order of their characters.
  return people.toSorted((one, other) =>
    order === "name" || one.since === other.since ? names.compare(one.name, other.name) : one.since < other.since ? -1 : 1,
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
