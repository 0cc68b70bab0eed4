/** What the wizard edits: the settings of a campaign with every member present, so that no step is without its values. */

import type { Schema } from "../api/client";
import type { FieldProblem } from "../api/problem";
import type { CallingWindow, DateException } from "../lib/calling-hours";
import type { paths } from "../../.types/schema";

type Put = paths["/v1/campaigns/{campaign_id}"]["put"];
export type SettingsBody = NonNullable<Put["requestBody"]>["content"]["application/json"];
export type SettingsShown = Put["responses"]["200"]["content"]["application/json"];

export type Mode = Schema["Mode"];
export type PhoneType = Schema["PhoneType"];
export type TimeUnit = Schema["TimeUnit"];

export interface ChainItem {
  readonly type: PhoneType;
  readonly attempts: number;
  /** Null takes the campaign's own. */
  readonly period: number | null;
  readonly unit: TimeUnit;
}

export const OUTCOMES = [
  "busy",
  "no_answer",
  "abandoned",
  "hangup_before_connection",
  "agent_hangup_before_connection",
  "answering_machine_detection",
  "invalid_number",
] as const;
export type OutcomeKey = (typeof OUTCOMES)[number];

export interface OutcomeRule {
  readonly after: "FINAL" | "RETRY";
  readonly custom: boolean;
  readonly attempts: number;
  readonly period: number;
  readonly unit: TimeUnit;
}

/** How people are told from machines; empty: as the carrier does it. */
export const PROFILES = ["", "private", "business"] as const;
export type Profile = (typeof PROFILES)[number];

type Detection = NonNullable<SettingsBody["detection"]>;

/** What only the API sets: a change of anything else leaves it as it is. Of detection these are the profile's rules. */
export type Beyond = Pick<SettingsBody, "abandonment_periods" | "shadow"> & {
  readonly detection?: Omit<Detection, "profile" | "sample_rate">;
};

export interface Draft {
  readonly name: string;
  readonly mode: Mode;
  readonly priority: number;
  readonly runOnce: boolean;
  readonly lists: readonly string[];
  readonly chain: readonly ChainItem[];
  readonly newestFirst: boolean;
  readonly windows: readonly CallingWindow[];
  readonly exceptions: readonly DateException[];
  readonly holidays: readonly string[];
  readonly presets: readonly string[];
  readonly maxAttempts: number;
  readonly retryPeriod: number;
  readonly retryUnit: TimeUnit;
  readonly strictPriority: boolean;
  readonly ringSeconds: number;
  readonly machineDetection: boolean;
  readonly profile: Profile;
  /** Percent of the calls judged machine that an agent gets all the same. */
  readonly sampleRate: number;
  /** Empty: the carrier's usual one. */
  readonly safetyMessage: string;
  /** Percent. */
  readonly abandonmentCap: number;
  readonly dialingRatio: number;
  readonly abandonmentSeconds: number;
  readonly previewByTimer: boolean;
  readonly previewSeconds: number;
  readonly skips: number;
  readonly users: readonly string[];
  readonly numbers: readonly string[];
  readonly dnc: readonly string[];
  readonly outcomes: Readonly<Record<OutcomeKey, OutcomeRule>>;
  readonly beyond: Beyond;
}

const PHONE_TYPES: readonly PhoneType[] = ["MOBILE", "HOME", "OFFICE", "EXTRA_1", "EXTRA_2", "EXTRA_3"];

const rule = (after: OutcomeRule["after"]): OutcomeRule => ({ after, custom: false, attempts: 3, period: 30, unit: "MINUTES" });

export const FRESH: Draft = {
  name: "",
  mode: "PREDICTIVE",
  priority: 5,
  runOnce: false,
  lists: [],
  chain: PHONE_TYPES.map((type) => ({ type, attempts: type === "MOBILE" ? 2 : 1, period: null, unit: "MINUTES" })),
  newestFirst: false,
  windows: [{ from: "09:00:00", to: "20:00:00", week_days: ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"] }],
  exceptions: [],
  holidays: [],
  presets: [],
  maxAttempts: 5,
  retryPeriod: 2,
  retryUnit: "HOURS",
  strictPriority: true,
  ringSeconds: 25,
  machineDetection: false,
  profile: "",
  sampleRate: 0,
  safetyMessage: "",
  abandonmentCap: 3,
  dialingRatio: 3,
  abandonmentSeconds: 2,
  previewByTimer: true,
  previewSeconds: 30,
  skips: 3,
  users: [],
  numbers: [],
  dnc: [],
  outcomes: {
    busy: rule("RETRY"),
    no_answer: rule("RETRY"),
    abandoned: rule("RETRY"),
    hangup_before_connection: rule("RETRY"),
    agent_hangup_before_connection: rule("RETRY"),
    answering_machine_detection: rule("RETRY"),
    invalid_number: rule("FINAL"),
  },
  beyond: {},
};

/** Whether people are to be told from machines: not where an agent chose to call. */
export const detects = (draft: Draft): boolean => draft.mode !== "PREVIEW" && draft.machineDetection;

/** The body that gives a campaign these settings. */
export function toSettings(draft: Draft): SettingsBody {
  const ids = (given: readonly string[]) => given.map((id) => ({ id }));
  const { shadow, detection: rules, ...beyond } = draft.beyond;
  const message = draft.safetyMessage.trim();
  const detection: Detection = {
    ...(draft.profile !== "" && { ...rules, profile: draft.profile }),
    ...(draft.sampleRate > 0 && { sample_rate: draft.sampleRate }),
  };
  return {
    ...beyond,
    ...(Object.keys(detection).length > 0 && { detection }),
    ...(message !== "" && { safety_message: message }),
    ...(draft.mode === "PROGRESSIVE" && shadow !== undefined && { shadow }),
    name: draft.name.trim(),
    mode: draft.mode,
    priority: draft.priority,
    run_once: draft.runOnce,
    strict_priority: draft.strictPriority,
    holidays: [...draft.holidays],
    presets: [...draft.presets],
    exceptions: draft.exceptions.map(({ date, windows }) => ({ date, windows: windows.map(({ from, to }) => ({ from, to })) })),
    record_lists: ids(draft.lists),
    do_not_call_lists: ids(draft.dnc),
    users: ids(draft.users),
    numbers: ids(draft.numbers),
    dialing_mode_configuration: {
      max_ring_time_in_secs: draft.ringSeconds,
      ...(draft.mode !== "PREVIEW" && { answering_machine_detection: draft.machineDetection }),
      ...(draft.mode === "PREDICTIVE" && {
        max_abandonment_rate: draft.abandonmentCap,
        max_dialing_ratio: draft.dialingRatio,
        abandonment_timeout: { amount: draft.abandonmentSeconds },
      }),
    },
    dialing_strategy: {
      max_attempts: draft.maxAttempts,
      retry_period: draft.retryPeriod,
      retry_time_unit: draft.retryUnit,
      calling_hours: draft.windows.map(({ from, to, week_days }) => ({ from, to, week_days: [...week_days] })),
      lists_sorting_criteria: draft.newestFirst ? "LIFO" : "FIFO",
      record_chain: draft.chain.map(({ type, attempts, period, unit }) => ({
        type,
        max_attempts: attempts,
        ...(period !== null && { retry_period: period, retry_time_unit: unit }),
      })),
      ...(draft.mode === "PREVIEW" && {
        strategy_type: draft.previewByTimer ? "AUTOMATIC" : "MANUAL",
        max_skip_attempts: draft.skips,
        ...(draft.previewByTimer && { preview_timeout: draft.previewSeconds }),
      }),
      dispositions: {
        busy: ruleBody(draft.outcomes.busy),
        no_answer: ruleBody(draft.outcomes.no_answer),
        abandoned: ruleBody(draft.outcomes.abandoned),
        hangup_before_connection: ruleBody(draft.outcomes.hangup_before_connection),
        agent_hangup_before_connection: ruleBody(draft.outcomes.agent_hangup_before_connection),
        answering_machine_detection: ruleBody(draft.outcomes.answering_machine_detection),
        invalid_number: { status_after_call: draft.outcomes.invalid_number.after },
      },
    },
  };
}

function ruleBody({ after, custom, attempts, period, unit }: OutcomeRule) {
  const own = custom && after === "RETRY";
  return {
    status_after_call: after,
    custom: own,
    ...(own && { max_attempts: attempts, retry_period: period, retry_period_time_unit: unit }),
  };
}

/** The draft of what a campaign is set to; what it lacks is as in a fresh one. */
export function fromSettings(shown: SettingsShown): Draft {
  const { dialing_mode_configuration: configuration, dialing_strategy: strategy } = shown;
  const ids = (things: readonly { readonly id: string }[]) => things.map(({ id }) => id);
  return {
    ...FRESH,
    name: shown.name,
    mode: shown.mode ?? FRESH.mode,
    priority: shown.priority,
    runOnce: shown.run_once,
    lists: ids(shown.record_lists),
    dnc: ids(shown.do_not_call_lists),
    users: ids(shown.users),
    numbers: ids(shown.numbers),
    holidays: shown.holidays,
    presets: shown.presets,
    exceptions: shown.exceptions,
    strictPriority: shown.strict_priority,
    profile: shown.detection?.profile ?? FRESH.profile,
    sampleRate: shown.detection?.sample_rate ?? FRESH.sampleRate,
    safetyMessage: shown.safety_message ?? FRESH.safetyMessage,
    beyond: beyondOf(shown),
    ...(configuration && {
      ringSeconds: configuration.max_ring_time_in_secs,
      machineDetection: configuration.answering_machine_detection ?? FRESH.machineDetection,
      abandonmentCap: configuration.max_abandonment_rate ?? FRESH.abandonmentCap,
      dialingRatio: configuration.max_dialing_ratio ?? FRESH.dialingRatio,
      abandonmentSeconds: configuration.abandonment_timeout?.amount ?? FRESH.abandonmentSeconds,
    }),
    ...(strategy && {
      maxAttempts: strategy.max_attempts,
      retryPeriod: strategy.retry_period,
      retryUnit: strategy.retry_time_unit,
      windows: strategy.calling_hours,
      newestFirst: strategy.lists_sorting_criteria === "LIFO",
      previewByTimer: strategy.strategy_type !== "MANUAL",
      previewSeconds: strategy.preview_timeout ?? FRESH.previewSeconds,
      skips: strategy.max_skip_attempts ?? FRESH.skips,
      chain: (strategy.record_chain ?? []).length === 0 ? FRESH.chain : chainOf(strategy.record_chain ?? []),
      outcomes: outcomesOf(strategy.dispositions),
    }),
  };
}

function beyondOf({ abandonment_periods, shadow, detection = {} }: SettingsShown): Beyond {
  const rules: NonNullable<Beyond["detection"]> = Object.fromEntries(Object.entries(detection).filter(([name]) => name.endsWith("_in_ms")));
  return {
    ...(abandonment_periods.length > 0 && { abandonment_periods }),
    ...(shadow && { shadow }),
    ...(Object.keys(rules).length > 0 && { detection: rules }),
  };
}

function chainOf(items: readonly Schema["ChainItemShown"][]): ChainItem[] {
  return items.map((item) => ({
    type: item.type,
    attempts: item.max_attempts,
    period: item.retry_period ?? null,
    unit: item.retry_time_unit ?? item.retry_period_time_unit ?? "MINUTES",
  }));
}

function outcomesOf(shown: Schema["DispositionsShown"]): Draft["outcomes"] {
  const of = (key: OutcomeKey): OutcomeRule => {
    const given = shown[key];
    if (given === undefined) return FRESH.outcomes[key];
    const fresh = FRESH.outcomes[key];
    if (!("custom" in given)) return { ...fresh, after: given.status_after_call };
    return {
      after: given.status_after_call,
      custom: given.custom,
      attempts: given.max_attempts ?? fresh.attempts,
      period: given.retry_period ?? fresh.period,
      unit: given.retry_period_time_unit ?? fresh.unit,
    };
  };
  return Object.fromEntries(OUTCOMES.map((key) => [key, of(key)])) as Draft["outcomes"];
}

type Range = readonly [number, number];
export const ATTEMPTS: Range = [1, 100];
export const PERIOD: Range = [1, 2_592_000];

/** The least and the greatest that the API takes for a number, by its name there. */
export const RANGES = {
  priority: [1, 10],
  "dialing_strategy.max_attempts": ATTEMPTS,
  "dialing_strategy.retry_period": PERIOD,
  "dialing_strategy.preview_timeout": [6, 300],
  "dialing_strategy.max_skip_attempts": [0, 20],
  "dialing_mode_configuration.max_ring_time_in_secs": [6, 120],
  "dialing_mode_configuration.max_abandonment_rate": [0.1, 100],
  "dialing_mode_configuration.max_dialing_ratio": [1, 3],
  "dialing_mode_configuration.abandonment_timeout.amount": [2, 30],
  "detection.sample_rate": [0, 100],
} as const satisfies Record<string, Range>;
export type NumberName = keyof typeof RANGES;

export const STEPS = ["mode", "records", "hours", "attempts", "pacing", "people", "outcomes", "review"] as const;
export type Step = (typeof STEPS)[number];

/** The step that a member of the API's settings is edited in. */
export function stepOf(name: string): Step {
  const strategy = name.startsWith("dialing_strategy.") ? name.slice("dialing_strategy.".length) : null;
  if (strategy !== null) {
    if (strategy.startsWith("calling_hours")) return "hours";
    if (strategy.startsWith("record_chain") || strategy.startsWith("lists_sorting")) return "records";
    if (strategy.startsWith("dispositions")) return "outcomes";
    return /^(preview|max_skip|strategy_type)/.test(strategy) ? "pacing" : "attempts";
  }
  if (/^(dialing_mode_configuration|detection|safety_message)/.test(name)) return "pacing";
  if (/^(users|numbers|do_not_call_lists)/.test(name)) return "people";
  if (name.startsWith("record_lists")) return "records";
  if (/^(holidays|exceptions|presets)/.test(name)) return "hours";
  return name === "strict_priority" ? "attempts" : "mode";
}

interface Words {
  readonly nameLength: string;
  readonly between: (least: number, most: number) => string;
  readonly noHours: string;
}

const NAME_LENGTH = [3, 35] as const;

/** What is plainly wrong, before the server is asked; the server judges all. */
export function problemsOf(draft: Draft, words: Words): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const length = draft.name.trim().length;
  if (length < NAME_LENGTH[0] || length > NAME_LENGTH[1]) problems.push({ name: "name", description: words.nameLength });
  const numbers = [...numbersOf(draft).map(([name, value]) => [name, value, RANGES[name]] as const), ...rowNumbersOf(draft)];
  for (const [name, value, [least, most]] of numbers) {
    if (!(value >= least && value <= most)) problems.push({ name, description: words.between(least, most) });
  }
  if (draft.windows.length === 0) problems.push({ name: "dialing_strategy.calling_hours", description: words.noHours });
  return problems;
}

function numbersOf(draft: Draft): readonly (readonly [NumberName, number])[] {
  return [
    ["priority", draft.priority],
    ["dialing_strategy.max_attempts", draft.maxAttempts],
    ["dialing_strategy.retry_period", draft.retryPeriod],
    ["dialing_mode_configuration.max_ring_time_in_secs", draft.ringSeconds],
    ...(detects(draft) ? ([["detection.sample_rate", draft.sampleRate]] as const) : []),
    ...(draft.mode === "PREDICTIVE"
      ? ([
          ["dialing_mode_configuration.max_abandonment_rate", draft.abandonmentCap],
          ["dialing_mode_configuration.max_dialing_ratio", draft.dialingRatio],
          ["dialing_mode_configuration.abandonment_timeout.amount", draft.abandonmentSeconds],
        ] as const)
      : []),
    ...(draft.mode === "PREVIEW"
      ? ([
          ["dialing_strategy.max_skip_attempts", draft.skips],
          ...(draft.previewByTimer ? ([["dialing_strategy.preview_timeout", draft.previewSeconds]] as const) : []),
        ] as const)
      : []),
  ];
}

/** The numbers of the chain and of outcomes with limits of their own. */
function rowNumbersOf(draft: Draft): readonly (readonly [string, number, Range])[] {
  const chain = draft.chain.flatMap(({ attempts, period }, place) => rowOf(`dialing_strategy.record_chain.${place}`, attempts, period));
  const outcomes = OUTCOMES.flatMap((key) => {
    const { after, custom, attempts, period } = draft.outcomes[key];
    return custom && after === "RETRY" && key !== "invalid_number" ? rowOf(`dialing_strategy.dispositions.${key}`, attempts, period) : [];
  });
  return [...chain, ...outcomes];
}

function rowOf(member: string, attempts: number, period: number | null): (readonly [string, number, Range])[] {
  return [[`${member}.max_attempts`, attempts, ATTEMPTS], ...(period === null ? [] : [[`${member}.retry_period`, period, PERIOD] as const])];
}

/** Draft read from storage, or null where it is none of this version. */
export function readDraft(stored: string | null): Draft | null {
  if (stored === null) return null;
  try {
    const read: unknown = JSON.parse(stored);
    if (typeof read !== "object" || read === null) return null;
    return Object.keys(FRESH).every((member) => member in read) ? (read as Draft) : null;
  } catch {
    return null;
  }
}
