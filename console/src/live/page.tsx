import { memo, useMemo, useState } from "react";
import { useParams } from "wouter";
import { NEAR_CAP } from "../campaigns/abandonment";
import { CampaignHead } from "../campaigns/head";
import { useCampaignTopic } from "../stream/provider";
import type { CampaignTopic } from "../stream/topics";
import { useFormat, useText } from "../text/text";
import { wordFor } from "../text/words";
import { Bars } from "../ui/bars";
import { Button } from "../ui/button";
import { Meter } from "../ui/meter";
import { Empty, Panel, Skeleton } from "../ui/panel";
import { StreamRefusal } from "../ui/stream-refusal";
import { TimeChart, type ChartLine } from "../ui/time-chart";
import { Kpis } from "./kpis";
import "./live.css";
import { PeoplePanel } from "./people-panel";
import { columns, rateColumns, type SeriesColumns } from "./series";

interface Frozen {
  readonly data: CampaignTopic;
  readonly ts: string;
}

/** What one campaign is doing at this moment, and why. */
export default function LivePage() {
  const { id } = useParams<{ id: string }>();
  const text = useText();
  const format = useFormat();
  const topic = useCampaignTopic(id);
  const [frozen, setFrozen] = useState<Frozen | null>(null);
  const { data: current, ts } = topic;
  const data = frozen?.data ?? current;
  const freeze = () => setFrozen(frozen !== null || current === undefined || ts === null ? null : { data: current, ts });
  return (
    <>
      <CampaignHead
        id={id}
        topic={current}
        actions={data && <Button onPress={freeze}>{frozen === null ? text.live.freeze : text.live.unfreeze}</Button>}
      />
      {frozen !== null && <p className="note tone-info">{text.live.frozen(format.clock(frozen.ts))}</p>}
      <StreamRefusal refusal={topic.refusal} what={text.campaigns.views.live} />
      {data === undefined && topic.refusal === null && <Skeleton height={520} what={text.campaigns.views.live} />}
      {data !== undefined && <Dashboard data={data} ts={frozen?.ts ?? ts} frozenAt={frozen === null ? null : Date.parse(frozen.ts)} />}
    </>
  );
}

interface DashboardProps {
  readonly data: CampaignTopic;
  /** When the figures were as they are shown. */
  readonly ts: string | null;
  readonly frozenAt: number | null;
}

function Dashboard({ data, ts, frozenAt }: DashboardProps) {
  const text = useText();
  const series = useMemo(() => columns(data.series ?? {}), [data.series]);
  const noEngine = data.campaign.status === "RUNNING" && data.calls === undefined && data.activity.activity === "no_engine";
  return (
    <>
      {noEngine && <p className="note tone-neutral">{text.live.noEngine}</p>}
      <Kpis data={data} />
      <div className="live-grid">
        <div className="stack">
          <CallsChart series={series} />
          <AbandonmentChart data={data} ts={ts} />
          {data.chain && <Chain chain={data.chain} />}
          {data.records && <Held reasons={data.records.reasons} />}
        </div>
        <div className="stack">
          <PeoplePanel people={data.people} frozenAt={frozenAt} />
          {data.outcomes && <Outcomes outcomes={data.outcomes} />}
          {data.events && <Events events={data.events} />}
        </div>
      </div>
    </>
  );
}

function CallsChart({ series }: { readonly series: SeriesColumns }) {
  const text = useText();
  const { number } = useFormat();
  const lines = useMemo<ChartLine[]>(
    () => [
      { label: text.live.callsLine, values: series.inFlight, color: "accent", filled: true },
      { label: text.live.readyLine, values: series.ready, color: "good" },
    ],
    [series, text],
  );
  return (
    <Panel title={text.live.callsChart}>
      <TimeChart title={text.live.callsChart} times={series.times} lines={lines} show={number} floor={4} />
    </Panel>
  );
}

function AbandonmentChart({ data: { abandonment, rates }, ts }: { readonly data: CampaignTopic; readonly ts: string | null }) {
  const text = useText();
  const { percent } = useFormat();
  const { rate, cap = null, enough } = abandonment ?? {};
  const history = useMemo(
    () => rateColumns(rates ?? {}, ts === null || rate === undefined ? null : { second: Math.floor(Date.parse(ts) / 1_000), rate }),
    [rates, ts, rate],
  );
  const lines = useMemo<ChartLine[]>(
    () => [
      { label: text.live.rateLine, values: history.rates, color: "info", filled: true },
      { label: text.live.nearLine, values: history.times.map(() => (cap === null ? null : cap * NEAR_CAP)), color: "warn", dashed: true },
      { label: text.live.capLine, values: history.times.map(() => cap), color: "bad", dashed: true },
    ],
    [history, cap, text],
  );
  if (cap === null) return null;
  return (
    <Panel title={text.live.abandonmentChart}>
      {enough === false ? (
        <Empty>{text.live.abandonmentFew}</Empty>
      ) : (
        <TimeChart title={text.live.abandonmentChart} times={history.times} lines={lines} show={percent} height={130} floor={cap * 1.25} />
      )}
    </Panel>
  );
}

const Chain = memo(function Chain({ chain }: { readonly chain: NonNullable<CampaignTopic["chain"]> }) {
  const text = useText();
  const format = useFormat();
  return (
    <Panel title={text.live.chain}>
      {chain.length === 0 ? (
        <p className="soft">{text.live.noChain}</p>
      ) : (
        <ol className="chain-progress">
          {chain
            .toSorted((one, other) => one.position - other.position)
            .map((list) => {
              const done = text.live.chainDone(format.number(list.final), format.number(list.total));
              return (
                <li key={list.list_id}>
                  <span className="row">
                    <strong>{list.name}</strong>
                    <span className="soft small row-end">{done}</span>
                  </span>
                  <Meter label={list.name} value={list.total === 0 ? 0 : list.final / list.total} text={done} />
                </li>
              );
            })}
        </ol>
      )}
    </Panel>
  );
});

const Held = memo(function Held({ reasons }: { readonly reasons: NonNullable<CampaignTopic["records"]>["reasons"] }) {
  const text = useText();
  const bars = Object.entries(reasons).map(([reason, value]) => ({ id: reason, label: wordFor(text.reasons, reason), value }));
  return (
    <Panel title={text.live.notCallable}>
      <Bars bars={bars} />
    </Panel>
  );
});

const Outcomes = memo(function Outcomes({ outcomes }: { readonly outcomes: NonNullable<CampaignTopic["outcomes"]> }) {
  const text = useText();
  const bars = Object.entries(outcomes).map(([outcome, value]) => ({ id: outcome, label: wordFor(text.outcomes, outcome), value }));
  return <Panel title={text.live.outcomes}>{bars.length === 0 ? <Empty>{text.live.noAttempts}</Empty> : <Bars bars={bars} />}</Panel>;
});

const Events = memo(function Events({ events }: { readonly events: NonNullable<CampaignTopic["events"]> }) {
  const text = useText();
  const format = useFormat();
  return (
    <Panel title={text.live.events}>
      {events.length === 0 ? (
        <p className="soft">{text.live.noEvents}</p>
      ) : (
        <ol className="events" tabIndex={0} aria-label={text.live.events}>
          {events.map((event) => (
            <li key={`${event.at} ${event.kind} ${event.text}`}>
              <time className="soft" dateTime={event.at}>
                {format.clock(event.at)}
              </time>{" "}
              {event.text}
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
});
