/** What is typed into the form of a forecast, as the API's question. */

import type { FieldProblem } from "../api/problem";
import type { Schema } from "../api/client";
import { WEEK_DAYS } from "../lib/calling-hours";

/** As typed; an empty one is as the campaign has it. `from` and `to` are `HH:MM`, `by` is of the browser's own clock. */
export interface Draft {
  readonly agents: string;
  readonly cap: string;
  readonly ratio: string;
  readonly from: string;
  readonly to: string;
  readonly by: string;
}

export const NOTHING_ASKED = { agents: "", cap: "", ratio: "", from: "", to: "", by: "" };

export interface Complaints {
  readonly agentsWrong: string;
  readonly numberWrong: string;
  readonly hoursWrong: string;
}

export type Question = Schema["ForecastQuestion"];

/** The question, or what is wrong with it: the server says the rest. */
export function questionOf(draft: Draft, complaints: Complaints): Question | readonly FieldProblem[] {
  const sizes = draft.agents.split(/[\s,;]+/).filter((word) => word !== "");
  const numberIn = (typed: string) => Number(typed.trim().replace(",", "."));
  const wrong = (name: string, description: string, is: boolean) => (is ? [{ name, description }] : []);
  const problems = [
    ...wrong("agents", complaints.agentsWrong, !sizes.every((word) => /^\d{1,3}$/.test(word))),
    ...wrong("max_abandonment_rate", complaints.numberWrong, Number.isNaN(numberIn(draft.cap))),
    ...wrong("max_dialing_ratio", complaints.numberWrong, Number.isNaN(numberIn(draft.ratio))),
    ...wrong("calling_hours", complaints.hoursWrong, (draft.from === "") !== (draft.to === "")),
  ];
  if (problems.length > 0) return problems;
  return {
    ...(sizes.length > 0 && { agents: sizes.map(Number).toSorted((one, other) => one - other) }),
    ...(draft.cap.trim() !== "" && { max_abandonment_rate: numberIn(draft.cap) }),
    ...(draft.ratio.trim() !== "" && { max_dialing_ratio: numberIn(draft.ratio) }),
    ...(draft.from !== "" && { calling_hours: [{ from: `${draft.from}:00`, to: `${draft.to}:00`, week_days: [...WEEK_DAYS] }] }),
    ...(draft.by !== "" && { finish_by: new Date(draft.by).toISOString() }),
  };
}

/** Team sizes worth comparing around the one there is. */
export function sizesAround(agents: number): string {
  const base = Math.max(2, agents);
  return [...new Set([0.5, 0.75, 1, 1.5, 2].map((part) => Math.max(1, Math.round(base * part))))].join(", ");
}
