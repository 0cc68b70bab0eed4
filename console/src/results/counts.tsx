import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, told, type Schema } from "../api/client";
import { duration } from "../lib/format";
import { API_BASE } from "../places";
import { useStream } from "../stream/provider";
import { results as en } from "../text/en/results";
import { useLate } from "../text/late";
import { results as pt } from "../text/pt/results";
import { useFormat, useText } from "../text/text";
import { wordFor } from "../text/words";
import { Bars } from "../ui/bars";
import { ColumnChart } from "../ui/column-chart";
import { DataTable } from "../ui/data-table";
import { Kpi } from "../ui/kpi";
import { Empty, Loaded, Panel } from "../ui/panel";
import { allHours } from "./hours";

type Results = Schema["ResultsShown"];
type Counts = Schema["CountsShown"];

export const WORDS = { en, pt };

const DAY_MS = 86_400_000;
const AGAIN_MS = 15_000;
const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The calls of so many days, counted: figures, hours, outcomes, dispositions, lists; each of them as a file too. */
export function Counted({ id, days }: { readonly id: string; readonly days: number }) {
  const words = useLate(WORDS);
  const client = useStream();
  const span = () => {
    const to = client.serverNow() ?? Date.now();
    return { from: new Date(to - days * DAY_MS).toISOString(), to: new Date(to).toISOString(), timezone: ZONE };
  };
  const counted = useQuery({
    queryKey: ["campaign", id, "results", days],
    queryFn: () => told(api.GET("/v1/campaigns/{campaign_id}/results", { params: { path: { campaign_id: id }, query: span() } })),
    placeholderData: keepPreviousData,
    refetchInterval: AGAIN_MS,
  });
  return (
    <Loaded query={counted} what={words.what} height={640}>
      {(found) => (found.total.dials === 0 ? <Empty>{words.none}</Empty> : <Shown id={id} found={found} />)}
    </Loaded>
  );
}

function Shown({ id, found }: { readonly id: string; readonly found: Results }) {
  const text = useText();
  const words = useLate(WORDS);
  const file = (by: string, what: string) => {
    const query = new URLSearchParams({ by, from: found.from, to: found.to, timezone: found.timezone });
    return (
      <a href={`${API_BASE}/v1/campaigns/${id}/results.csv?${query}`} download aria-label={words.csvOf(what)}>
        {words.csv}
      </a>
    );
  };
  const bars = {
    outcomes: found.outcomes.map(({ outcome, calls }) => ({ id: outcome, label: wordFor(text.outcomes, outcome), value: calls })),
    dispositions: found.dispositions.map((said) => ({ id: said.disposition_id ?? "", label: said.name ?? words.nothingSaid, value: said.calls })),
  };
  return (
    <div className="stack">
      <Figures found={found} />
      <Panel title={words.hours} actions={file("hour", words.hours)}>
        <Hours found={found} />
      </Panel>
      <div className="columns">
        <Panel title={words.outcomes} actions={file("outcome", words.outcomes)}>
          <Bars bars={bars.outcomes} />
        </Panel>
        <Panel title={words.dispositions} actions={file("disposition", words.dispositions)}>
          {bars.dispositions.length === 0 ? <Empty>{words.noneSaid}</Empty> : <Bars bars={bars.dispositions} />}
        </Panel>
      </div>
      <Panel title={words.lists} flush actions={file("list", words.lists)}>
        <CountsTable label={words.lists} first={words.list} rows={found.lists} idOf={(list) => list.record_list_id} nameOf={(list) => list.name} />
      </Panel>
    </div>
  );
}

function Figures({ found: { total, records } }: { readonly found: Results }) {
  const words = useLate(WORDS);
  const format = useFormat();
  const of = (part: number, whole: number) => words.of(format.number(part), format.number(whole));
  const share = (rate: number | undefined, digits = 1) => (rate === undefined ? "–" : format.percent(rate, digits));
  return (
    <div className="kpis">
      <Kpi label={words.dials} value={format.number(total.dials)} definition={words.dialsAbout} />
      <Kpi label={words.live} value={share(total.live_answer_rate)} definition={words.liveAbout}>
        <p className="kpi-detail">{of(total.live, total.dials)}</p>
      </Kpi>
      <Kpi label={words.connected} value={share(total.connect_rate)} definition={words.connectedAbout}>
        <p className="kpi-detail">{of(total.connected, total.dials)}</p>
      </Kpi>
      <Kpi label={words.abandonment} value={share(total.abandonment_rate, 2)} definition={words.abandonmentAbout}>
        <p className="kpi-detail">{of(total.abandoned, total.abandoned + total.connected)}</p>
      </Kpi>
      <Kpi label={words.contact} value={share(records.contact_rate)} definition={words.contactAbout}>
        <p className="kpi-detail">{of(records.contacted, records.tried)}</p>
        {records.attempts_per_contact !== undefined && (
          <p className="kpi-detail">{words.perContact(format.decimal(records.attempts_per_contact, 1))}</p>
        )}
      </Kpi>
      <Kpi
        label={words.talk}
        value={total.mean_talk_seconds === undefined ? "–" : duration(total.mean_talk_seconds * 1_000)}
        definition={words.talkAbout}
      >
        {total.mean_wait_seconds !== undefined && <p className="kpi-detail">{words.wait(format.decimal(total.mean_wait_seconds, 1))}</p>}
      </Kpi>
    </div>
  );
}

function Hours({ found }: { readonly found: Results }) {
  const words = useLate(WORDS);
  const format = useFormat();
  const hours = allHours(found.hours);
  const label = hours.length > 36 ? format.dateTime : format.time;
  return (
    <>
      <ColumnChart
        title={words.hours}
        whole={words.dials}
        part={words.connected}
        show={format.number}
        columns={hours.map(({ at, counts }) => ({
          id: String(at),
          label: label(at),
          whole: counts?.dials ?? 0,
          part: counts?.connected ?? 0,
        }))}
      />
      <details>
        <summary>{words.asTable}</summary>
        <CountsTable label={words.hours} first={words.hour} rows={found.hours} idOf={(one) => one.hour} nameOf={(one) => format.dateTime(one.hour)} />
      </details>
    </>
  );
}

interface CountsTableProps<T> {
  readonly label: string;
  /** What the rows are. */
  readonly first: string;
  readonly rows: readonly T[];
  readonly idOf: (row: T) => string;
  readonly nameOf: (row: T) => string;
}

function CountsTable<T extends Counts>({ label, first, rows, idOf, nameOf }: CountsTableProps<T>) {
  const words = useLate(WORDS);
  const format = useFormat();
  const share = (rate: number | undefined, digits = 1) => (rate === undefined ? "–" : format.percent(rate, digits));
  return (
    <DataTable
      label={label}
      rows={rows}
      idOf={idOf}
      columns={[
        { id: "name", label: first, cell: nameOf },
        { id: "dials", label: words.dials, number: true, cell: (row) => format.number(row.dials) },
        { id: "live", label: words.live, number: true, cell: (row) => format.number(row.live) },
        { id: "connected", label: words.connected, number: true, cell: (row) => format.number(row.connected) },
        { id: "rate", label: words.connectRate, number: true, cell: (row) => share(row.connect_rate) },
        { id: "abandonment", label: words.abandonment, number: true, cell: (row) => share(row.abandonment_rate, 2) },
      ]}
    />
  );
}
