/** What two people changed of the same thing at once, member by member. */

export interface Clash<T> {
  /** What the edit began from. */
  readonly base: T;
  readonly theirs: T;
  /** Of theirs: what the next attempt names. */
  readonly tag: string;
  /** When theirs was made, if that is known. */
  readonly at: string | null;
}

/** The members in which two drafts differ; both have all of them. */
export function differing<T extends object>(one: T, other: T): (keyof T)[] {
  return (Object.keys(one) as (keyof T)[]).filter((member) => JSON.stringify(one[member]) !== JSON.stringify(other[member]));
}

/** Theirs, with what only we changed, and with what both changed as it was chosen. */
export function merged<T extends object>(clash: Clash<T>, mine: T, keepMine: readonly (keyof T)[]): T {
  const theirs = differing(clash.base, clash.theirs);
  const kept = differing(clash.base, mine).filter((member) => !theirs.includes(member) || keepMine.includes(member));
  return { ...clash.theirs, ...Object.fromEntries(kept.map((member) => [member, mine[member]])) };
}
