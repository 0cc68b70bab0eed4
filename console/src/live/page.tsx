import { useMemo, useState } from "react";
import { useParams } from "wouter";
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
import { columns, NO_RATES, withRate, type RateHistory, type SeriesColumns } from "./series";

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
  // The server streams the rate of now: its line begins when the page is opened.
  const [rates, setRates] = useState(NO_RATES);
  const seen = ts === null ? rates : withRate(rates, Math.floor(Date.parse(ts) / 1_000), current?.abandonment?.rate ?? null);
  if (seen !== rates && frozen === null) setRates(seen);
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
      {data !== undefined && <Dashboard data={data} rates={rates} frozenAt={frozen === null ? null : Date.parse(frozen.ts)} />}
    </>
  );
}

interface DashboardProps {
  readonly data: CampaignTopic;
  readonly rates: RateHistory;
  readonly frozenAt: number | null;
}

function Dashboard({ data, rates, frozenAt }: DashboardProps) {
  const text = useText();
  const series = useMemo(() => columns(data.series ?? {}), [data.series]);
  return (
    <>
      {data.calls === undefined && <p className="note tone-neutral">{text.live.noEngine}</p>}
      <Kpis data={data} />
      <div className="live-grid">
        <div className="stack">
          <CallsChart series={series} />
          {data.abandonment?.cap !== undefined && <AbandonmentChart history={rates} cap={data.abandonment.cap} />}
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

function AbandonmentChart({ history, cap }: { readonly history: RateHistory; readonly cap: number }) {
  const text = useText();
  const { percent } = useFormat();
  const lines = useMemo<ChartLine[]>(
    () => [
      { label: text.live.rateLine, values: history.rates, color: "info", filled: true },
      { label: text.live.capLine, values: history.times.map(() => cap), color: "bad", dashed: true },
    ],
    [history, cap, text],
  );
  return (
    <Panel title={text.live.abandonmentChart}>
      <TimeChart title={text.live.abandonmentChart} times={history.times} lines={lines} show={percent} height={130} floor={cap * 1.25} />
    </Panel>
  );
}

function Chain({ chain }: { readonly chain: NonNullable<CampaignTopic["chain"]> }) {
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
}

function Held({ reasons }: { readonly reasons: NonNullable<CampaignTopic["records"]>["reasons"] }) {
  const text = useText();
  const bars = Object.entries(reasons).map(([reason, value]) => ({ id: reason, label: wordFor(text.reasons, reason), value }));
  return (
    <Panel title={text.live.notCallable}>
      <Bars bars={bars} />
    </Panel>
  );
}

function Outcomes({ outcomes }: { readonly outcomes: NonNullable<CampaignTopic["outcomes"]> }) {
  const text = useText();
  const bars = Object.entries(outcomes).map(([outcome, value]) => ({ id: outcome, label: wordFor(text.outcomes, outcome), value }));
  return <Panel title={text.live.outcomes}>{bars.length === 0 ? <Empty>{text.live.noAttempts}</Empty> : <Bars bars={bars} />}</Panel>;
}

function Events({ events }: { readonly events: NonNullable<CampaignTopic["events"]> }) {
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
}
