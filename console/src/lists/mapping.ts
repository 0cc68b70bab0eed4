/** What the columns of a file become, looked at before the server is asked. */

import type { Schema } from "../api/client";

export type Use = Schema["ColumnUse"];

/** All that a column can be; `satisfies` keeps it complete. */
const ALL = {
  first_name: true,
  last_name: true,
  MOBILE: true,
  HOME: true,
  OFFICE: true,
  EXTRA_1: true,
  EXTRA_2: true,
  EXTRA_3: true,
  timezone: true,
  priority: true,
  external_id: true,
  external_provider: true,
  extra_data: true,
  leave_out: true,
} satisfies Record<Use, true>;
export const USES = Object.keys(ALL) as readonly Use[];

const PHONES: readonly Use[] = ["MOBILE", "HOME", "OFFICE", "EXTRA_1", "EXTRA_2", "EXTRA_3"];
const MANY: readonly Use[] = ["extra_data", "leave_out"];

export interface MappingProblem {
  readonly code: "no-first-name" | "no-last-name" | "no-phone" | "twice";
  readonly use?: Use;
}

export function mappingProblems(mapping: readonly Use[]): MappingProblem[] {
  const has = (use: Use) => mapping.includes(use);
  const twice = USES.filter((use) => !MANY.includes(use) && mapping.filter((other) => other === use).length > 1);
  return [
    ...(has("first_name") ? [] : [{ code: "no-first-name" as const }]),
    ...(has("last_name") ? [] : [{ code: "no-last-name" as const }]),
    ...(PHONES.some(has) ? [] : [{ code: "no-phone" as const }]),
    ...twice.map((use) => ({ code: "twice" as const, use })),
  ];
}
