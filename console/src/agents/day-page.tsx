import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, told, type Schema } from "../api/client";
import { wallClock } from "../lib/calling-hours";
import { useFilters } from "../lib/filters";
import { duration } from "../lib/format";
import { useServerNow } from "../stream/provider";
import { byDay as en } from "../text/en/by-day";
import { useLate } from "../text/late";
import { byDay as pt } from "../text/pt/by-day";
import { useFormat, useText } from "../text/text";
import { wordFor } from "../text/words";
import { ButtonLink } from "../ui/button";
import { DataTable } from "../ui/data-table";
import { Field } from "../ui/field";
import { PageHead } from "../ui/page-head";
import { Empty, Loaded, Panel } from "../ui/panel";

type Day = Schema["AgentDayShown"];

const WORDS = { en, pt };
const FILTERS = { day: "" };
const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** What agents did on a day: how long they were in which state, and how many calls they had. */
export default function AgentDayPage() {
  const words = useLate(WORDS);
  const now = useServerNow();
  const [filters, setFilters] = useFilters(FILTERS);
  const today = now === null ? "" : wallClock(now, ZONE).date;
  const day = filters.day === "" ? today : filters.day;
  const found = useQuery({
    queryKey: ["agent-day", day],
    queryFn: () => told(api.GET("/v1/agent-days/{day}", { params: { path: { day }, query: { timezone: ZONE } } })),
    placeholderData: keepPreviousData,
    enabled: day !== "",
  });
  return (
    <>
      <PageHead title={words.title} live={false} actions={<ButtonLink href="/agents">{words.now}</ButtonLink>} />
      <div className="filters">
        <Field label={words.day}>
          {(control) => (
            <input {...control} type="date" required value={day} onChange={(event) => event.target.value !== "" && setFilters({ day: event.target.value })} />
          )}
        </Field>
      </div>
      <p className="soft">{words.about}</p>
      <Panel title={words.title} flush>
        <Loaded query={found} what={words.title} height={300}>
          {({ agents }) => (agents.length === 0 ? <Empty>{words.none}</Empty> : <DayTable agents={agents} />)}
        </Loaded>
      </Panel>
    </>
  );
}

function DayTable({ agents }: { readonly agents: readonly Day[] }) {
  const text = useText();
  const words = useLate(WORDS);
  const format = useFormat();
  const time = (seconds: number) => duration(seconds * 1_000);
  const share = (rate: number | undefined) => (rate === undefined ? "–" : format.percent(rate, 0));
  const waiting = ({ seconds: { ready, previewing, dialing, reserved } }: Day) => ready + previewing + dialing + reserved;
  return (
    <DataTable
      label={words.title}
      rows={agents}
      idOf={(agent) => agent.user_id}
      columns={[
        { id: "name", label: text.live.agent, cell: (agent) => agent.name },
        { id: "first", label: words.first, number: true, cell: (agent) => format.time(agent.first_at) },
        { id: "last", label: words.last, number: true, cell: (agent) => format.time(agent.last_at) },
        { id: "whole", label: words.signedIn, number: true, cell: (agent) => time(agent.signed_in_seconds) },
        { id: "talking", label: words.talking, number: true, cell: (agent) => time(agent.seconds.talking) },
        { id: "wrap", label: words.wrapUp, number: true, cell: (agent) => time(agent.seconds.wrap_up) },
        { id: "waiting", label: words.waiting, number: true, cell: (agent) => time(waiting(agent)) },
        {
          id: "paused",
          label: words.paused,
          number: true,
          cell: (agent) => (
            <>
              {time(agent.seconds.paused)}
              {agent.pauses.length > 0 && (
                <span className="soft small">
                  {" "}
                  {format.list(agent.pauses.map((pause) => words.pause(pause.reason === undefined ? words.noReason : wordFor(text.desk.pauseReasons, pause.reason), time(pause.seconds))))}
                </span>
              )}
            </>
          ),
        },
        { id: "calls", label: words.calls, number: true, cell: (agent) => format.number(agent.calls) },
        { id: "occupancy", label: words.occupancy, number: true, cell: (agent) => share(agent.occupancy) },
        { id: "utilisation", label: words.utilisation, number: true, cell: (agent) => share(agent.utilisation) },
      ]}
    />
  );
}
