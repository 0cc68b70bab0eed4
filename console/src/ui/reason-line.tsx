import type { Text } from "../text/text";
import type { Formats } from "../lib/format";
import { useFormat, useText } from "../text/text";
import { useServerNow } from "../stream/provider";
import type { Activity, CampaignStatus, Pace } from "../stream/topics";
import { shownState } from "./state-pill";

interface Doing {
  readonly activity?: Activity;
  /** The server's own sentence, shown where this console does not know the word. */
  readonly reason: string;
  readonly until?: string;
  readonly pace?: Pace;
}

interface ReasonLineProps {
  readonly status: CampaignStatus;
  readonly doing: Doing;
}

/** Why a campaign dials as it does, or does not. */
export function ReasonLine({ status, doing }: ReasonLineProps) {
  const text = useText();
  const format = useFormat();
  const now = useServerNow();
  const shown = shownState(status, doing.activity);
  const until = doing.until === undefined ? null : now === null ? format.dateTime(doing.until) : format.near(doing.until, now);
  const sentence = shown === "RUNNING" && doing.pace !== undefined ? paceOf(text, format, doing.pace) : reasonOf(text, status, doing, until);
  const stopped = status === "RUNNING" && shown !== "RUNNING";
  return (
    <p className="reason-line" data-trouble={shown === "BLOCKED" ? "" : undefined}>
      {stopped ? text.activities.notDialing(sentence) : sentence}
    </p>
  );
}

function paceOf(text: Text, format: Formats, { ratio, limit, target, cap }: Pace): string {
  const rates = limit === "abandonment" && target !== undefined && cap !== undefined ? ` ${text.activities.ofCap(format.percent(target), format.percent(cap))}` : "";
  return text.activities.dialingAt(format.decimal(ratio), text.limits[limit] + rates);
}

function reasonOf(text: Text, status: CampaignStatus, doing: Doing, until: string | null): string {
  const { activity } = doing;
  if (activity === undefined) return status === "RUNNING" ? doing.reason : text.notAsked[status];
  // The engine counts the calls that finish, in its own sentence.
  if (activity === "pausing") return doing.reason;
  const sentence = text.activities[activity];
  return until === null ? sentence : text.activities.until(sentence, until);
}
