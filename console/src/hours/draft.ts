/** What the page of a template edits. */

import type { Schema } from "../api/client";
import type { YearHours } from "../lib/calling-hours";

export type HourTemplate = Schema["HourTemplateShown"];

/** A template as it is edited: the hours and what they are called. */
export interface TemplateDraft extends YearHours {
  readonly name: string;
}

export function draftOf({ name, calling_hours, exceptions, holidays }: HourTemplate): TemplateDraft {
  return { name, windows: calling_hours, exceptions, holidays };
}

export function bodyOf({ name, windows, exceptions, holidays }: TemplateDraft): Schema["HourTemplateIn"] {
  return {
    name: name.trim(),
    calling_hours: windows.map(({ from, to, week_days }) => ({ from, to, week_days: [...week_days] })),
    exceptions: exceptions.map((exception) => ({ date: exception.date, windows: [...exception.windows] })),
    holidays: [...holidays],
  };
}
