import { useText } from "../text/text";
import type { Activity, AgentState, CampaignStatus } from "../stream/topics";
import type { Shape } from "./glyph";
import { Pill, type Tone } from "./pill";

type Look = readonly [Tone, Shape];

export type ShownCampaignState = CampaignStatus | "PAUSING" | "WAITING" | "BLOCKED";

const CAMPAIGN_LOOKS: Record<ShownCampaignState, Look> = {
  INCOMPLETE: ["neutral", "ring"],
  READY: ["info", "diamond"],
  RUNNING: ["good", "circle"],
  PAUSED: ["warn", "bars"],
  PAUSING: ["warn", "half"],
  WAITING: ["violet", "clock"],
  BLOCKED: ["bad", "triangle"],
};

const WAITING = new Set<Activity>(["outside_calling_hours", "waiting_for_retry", "list_exhausted", "agents_elsewhere"]);
const BLOCKED = new Set<Activity>(["no_agents_ready", "carrier_down", "carrier_drained", "database_down", "no_engine"]);

/** What a campaign's pill says: not what was asked for alone, but what is really going on. */
export function shownState(status: CampaignStatus, activity: Activity | undefined): ShownCampaignState {
  if (activity === "pausing") return "PAUSING";
  if (status !== "RUNNING" || activity === undefined) return status;
  if (WAITING.has(activity)) return "WAITING";
  return BLOCKED.has(activity) ? "BLOCKED" : "RUNNING";
}

export function StatePill({ status, activity }: { readonly status: CampaignStatus; readonly activity?: Activity | undefined }) {
  const text = useText();
  const shown = shownState(status, activity);
  const [tone, shape] = CAMPAIGN_LOOKS[shown];
  return (
    <Pill tone={tone} shape={shape}>
      {text.campaignStates[shown]}
    </Pill>
  );
}

const AGENT_LOOKS: Record<AgentState, Look> = {
  ready: ["good", "circle"],
  previewing: ["info", "half"],
  dialing: ["info", "ring"],
  reserved: ["info", "wave"],
  talking: ["info", "square"],
  wrap_up: ["violet", "triangle"],
  paused: ["warn", "bars"],
};

export function AgentPill({ state }: { readonly state: AgentState }) {
  const text = useText();
  const [tone, shape] = AGENT_LOOKS[state];
  return (
    <Pill tone={tone} shape={shape}>
      {text.agentStates[state]}
    </Pill>
  );
}
