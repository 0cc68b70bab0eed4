import { memo } from "react";
import { abandonmentTone, AbandonmentMeter } from "../campaigns/abandonment";
import type { CampaignTopic } from "../stream/topics";
import { useFormat, useText } from "../text/text";
import { Kpi } from "../ui/kpi";
import { Meter } from "../ui/meter";
import { Pill } from "../ui/pill";
import { statesOf } from "./people";

/** A part of the topic: a figure is drawn anew only when its own part changes. */
type Of<Part extends keyof CampaignTopic> = Readonly<Record<Part, CampaignTopic[Part]>>;

/** The figures to read first: are we legal, are the agents busy, how much is left. */
export function Kpis({ data }: { readonly data: CampaignTopic }) {
  return (
    <div className="kpis">
      <Pacing pacing={data.pacing} />
      <InFlight calls={data.calls} />
      <Abandonment abandonment={data.abandonment} />
      <Penetration records={data.records} />
      <Agents agents={data.agents} />
    </div>
  );
}

const Pacing = memo(function Pacing({ pacing }: Of<"pacing">) {
  const text = useText();
  const format = useFormat();
  if (!pacing) return null;
  return (
    <Kpi label={text.live.pacing} value={<span data-figure="pacing">{format.decimal(pacing.ratio)}</span>} unit={text.live.pacingUnit} definition={text.live.pacingAbout}>
      <p className="kpi-detail">{text.live.pacingLimit(format.decimal(pacing.limit))}</p>
      <Meter
        label={text.live.pacing}
        value={pacing.limit === 0 ? 0 : pacing.ratio / pacing.limit}
        text={`${format.decimal(pacing.ratio)}, ${text.live.pacingLimit(format.decimal(pacing.limit))}`}
      />
    </Kpi>
  );
});

const InFlight = memo(function InFlight({ calls }: Of<"calls">) {
  const text = useText();
  const format = useFormat();
  if (!calls) return null;
  const lines = calls.lines_free === undefined ? null : calls.in_flight + calls.lines_free;
  return (
    <Kpi
      label={text.live.inFlight}
      value={<span data-figure="in-flight">{format.number(calls.in_flight)}</span>}
      {...(lines !== null && { unit: text.live.inFlightUnit(format.number(lines)) })}
      definition={text.live.inFlightAbout}
    >
      <p className="kpi-detail">{text.live.inFlightDetail(calls.ringing, calls.waiting, calls.talking)}</p>
    </Kpi>
  );
});

const Abandonment = memo(function Abandonment({ abandonment }: Of<"abandonment">) {
  const text = useText();
  const format = useFormat();
  if (!abandonment) return null;
  const { rate, cap, enough, days } = abandonment;
  const tone = abandonmentTone({ ...(rate !== undefined && { rate }), ...(cap !== undefined && { cap }) });
  const words = { good: null, warn: text.live.abandonmentNear, bad: text.live.abandonmentOver }[tone as "good" | "warn" | "bad"];
  return (
    <Kpi
      label={text.live.abandonment(days)}
      value={enough && rate !== undefined ? format.percent(rate, 2) : "–"}
      {...(cap !== undefined && { unit: text.live.abandonmentWithin(format.percent(cap)) })}
      definition={text.live.abandonmentAbout(days)}
    >
      <p className="kpi-detail">{text.live.abandonmentDetail(format.number(abandonment.abandoned), format.number(abandonment.live))}</p>
      {enough ? <AbandonmentMeter {...(rate !== undefined && { rate })} {...(cap !== undefined && { cap })} /> : null}
      {!enough && <p className="kpi-detail">{text.live.abandonmentFew}</p>}
      {enough && words !== null && (
        <span>
          <Pill tone={tone} shape={tone === "bad" ? "cross" : "triangle"}>
            {words}
          </Pill>
        </span>
      )}
    </Kpi>
  );
});

const Penetration = memo(function Penetration({ records }: Of<"records">) {
  const text = useText();
  const format = useFormat();
  if (!records) return null;
  const share = records.total === 0 ? 0 : records.final / records.total;
  const detail = text.live.penetrationDetail(format.number(records.final), format.number(records.total));
  return (
    <Kpi label={text.live.penetration} value={format.percent(share)} definition={text.live.penetrationAbout}>
      <p className="kpi-detail">{detail}</p>
      <Meter label={text.live.penetration} value={share} text={detail} />
    </Kpi>
  );
});

const Agents = memo(function Agents({ agents }: Of<"agents">) {
  const text = useText();
  const format = useFormat();
  if (!agents) return null;
  const states = statesOf(agents.states).map(([state, count]) => `${count} ${text.agentStates[state].toLowerCase()}`);
  return (
    <Kpi label={text.live.agents} value={format.number(agents.total)} definition={text.live.agentsAbout}>
      <p className="kpi-detail">{states.length === 0 ? text.live.nobody : format.list(states)}</p>
      {agents.occupancy !== undefined && <p className="kpi-detail">{text.live.occupancy(format.percent(agents.occupancy, 0))}</p>}
    </Kpi>
  );
});
