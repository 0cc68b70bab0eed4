/** The figures of each topic, as the server streams them. Instants are RFC 3339, rates 0..1, times the dial clock's. */

import type { Schema } from "../api/client";

export type AgentState = Exclude<Schema["AgentShown"]["state"], "signed_out">;
export type Activity = Schema["Doing"];
export type CampaignStatus = Schema["CampaignStatus"];
export type Mode = Schema["Mode"];

export type NextLimit = Schema["NextLimit"];

/** How a campaign dials now, and why not more; rates are fractions. */
export interface Pace {
  readonly ratio: number;
  readonly limit: NextLimit;
  readonly target?: number;
  readonly cap?: number;
}

export interface CampaignRow {
  readonly id: string;
  readonly name: string;
  readonly status: CampaignStatus;
  readonly mode?: Mode;
  readonly priority: number;
  readonly activity?: Activity;
  readonly reason: string;
  readonly since?: string;
  readonly until?: string;
  readonly agents?: number;
  readonly calls?: number;
  readonly records?: { readonly total: number; readonly final: number };
  readonly abandonment?: { readonly rate?: number; readonly cap?: number; readonly enough?: boolean };
}

export interface CampaignsTopic {
  readonly campaigns: Readonly<Record<string, CampaignRow>>;
}

export type AgentRow = Omit<Schema["AgentShown"], "work">;

export interface AgentsTopic {
  readonly total: number;
  readonly states: Readonly<Partial<Record<AgentState, number>>>;
  readonly agents: Readonly<Record<string, AgentRow>>;
}

export interface SessionTopic {
  readonly session: Schema["SessionShown"] | null;
}

export interface Person {
  readonly user_id: string;
  readonly name: string;
  readonly state: AgentState;
  readonly since: string;
  readonly until?: string;
  readonly reason?: string;
  readonly link?: "up" | "lost" | "gone";
  readonly session_id?: string;
}

/** In flight, ringing, agents ready, agents talking. */
export type SeriesPoint = readonly [number, number, number, number];

export interface CampaignTopic {
  readonly campaign: {
    readonly id: string;
    readonly name: string;
    readonly status: CampaignStatus;
    readonly mode?: Mode;
    readonly priority: number;
  };
  readonly activity: {
    readonly activity?: Activity;
    readonly reason: string;
    readonly since?: string;
    readonly until?: string;
    readonly pace?: Pace;
  };
  readonly pacing?: { readonly ratio: number; readonly limit: number };
  readonly calls?: {
    readonly in_flight: number;
    readonly ringing: number;
    readonly detecting: number;
    readonly waiting: number;
    readonly talking: number;
    readonly lines_free?: number;
  };
  readonly abandonment?: {
    readonly rate?: number;
    readonly abandoned: number;
    readonly live: number;
    readonly cap?: number;
    readonly days: number;
    readonly enough: boolean;
  };
  /** How abandonment stood after each of the latest calls that people answered, by second; none below 100 of them. */
  readonly rates?: Readonly<Record<string, number>>;
  /** The counts come a little later than the rest. */
  readonly records?: {
    readonly total: number;
    readonly final: number;
    readonly reasons: Readonly<Record<string, number>>;
  };
  readonly agents?: {
    readonly total: number;
    readonly states: Readonly<Partial<Record<AgentState, number>>>;
    readonly occupancy?: number;
  };
  readonly people?: Readonly<Record<string, Person>>;
  readonly outcomes?: Readonly<Record<string, number>>;
  readonly chain?: readonly {
    readonly list_id: string;
    readonly name: string;
    readonly position: number;
    readonly total: number;
    readonly final: number;
  }[];
  readonly series?: Readonly<Record<string, SeriesPoint>>;
  readonly events?: readonly { readonly at: string; readonly kind: string; readonly text: string }[];
}
