import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { useParams } from "wouter";
import { api, told, type Schema } from "../api/client";
import type { FieldProblem } from "../api/problem";
import { CampaignHead } from "../campaigns/head";
import { useFilters } from "../lib/filters";
import { useCampaignTopic, useServerNow } from "../stream/provider";
import { forecast as en } from "../text/en/forecast";
import { useLate } from "../text/late";
import { forecast as pt } from "../text/pt/forecast";
import { useFormat, useText } from "../text/text";
import { Button } from "../ui/button";
import { DataTable } from "../ui/data-table";
import { Field } from "../ui/field";
import { FormSummary } from "../ui/form-summary";
import { Empty, Loaded, Panel, Skeleton } from "../ui/panel";
import { fieldsOf, ProblemOf } from "../ui/problem-of";
import { RangeChart } from "../ui/range-chart";
import { NOTHING_ASKED, questionOf, sizesAround, type Draft, type Question } from "./question";

type Forecast = Schema["ForecastShown"];
type Result = NonNullable<Forecast["result"]>;
type Scenario = Result["scenarios"][number];
type Spread = Scenario["attempts"];

const WORDS = { en, pt };
const LOOK_MS = 1_000;
const STALE_MS = 1_800_000;
const HOUR_MS = 3_600_000;
const NO_PROBLEMS: readonly FieldProblem[] = [];

/** How the campaign will go on with other teams, another cap, ratio or hours. */
export default function ForecastPage() {
  const { id } = useParams<{ id: string }>();
  const words = useLate(WORDS);
  const topic = useCampaignTopic(id);
  const queries = useQueryClient();
  const path = { campaign_id: id };
  const latest = useQuery({
    queryKey: ["campaign", id, "forecast"],
    queryFn: async () => {
      const found = await told(api.GET("/v1/campaigns/{campaign_id}/forecasts", { params: { path, query: { per_page: 1 } } }));
      return found._embedded.forecasts[0] ?? null;
    },
    refetchInterval: (query) => (query.state.data?.status === "RUNNING" ? LOOK_MS : false),
  });
  const asking = useMutation({
    mutationFn: (body: Question) => told(api.POST("/v1/campaigns/{campaign_id}/forecasts", { params: { path }, body })),
    onSuccess: (asked) => queries.setQueryData(["campaign", id, "forecast"], asked),
  });
  const sizes = topic.data?.agents === undefined ? undefined : sizesAround(topic.data.agents.total);
  return (
    <>
      <CampaignHead id={id} topic={topic.data} />
      <Panel title={words.ask}>
        <ProblemOf of={asking} what={words.what} />
        <WhatIf sizes={sizes} ask={asking.mutate} isPending={asking.isPending} refused={fieldsOf(asking.error)} />
      </Panel>
      <Loaded query={latest} what={words.what} height={300}>
        {(found) => (found === null ? <Empty>{words.none}</Empty> : <Answer forecast={found} />)}
      </Loaded>
    </>
  );
}

interface WhatIfProps {
  /** What to compare where nothing is asked yet; undefined while that is not known. */
  readonly sizes: string | undefined;
  readonly ask: (question: Question) => void;
  readonly isPending: boolean;
  readonly refused: readonly FieldProblem[];
}

function WhatIf({ sizes, ask, isPending, refused }: WhatIfProps) {
  const words = useLate(WORDS);
  const [asked, setAsked] = useFilters(NOTHING_ASKED);
  const [typed, setTyped] = useState<Partial<Draft>>({});
  const [wrong, setWrong] = useState(NO_PROBLEMS);
  const draft: Draft = { ...asked, agents: asked.agents === "" ? (sizes ?? "") : asked.agents, ...typed };
  const problems = wrong.length > 0 ? wrong : refused.map((problem) => ({ ...problem, name: problem.name.split(".")[0] ?? problem.name }));
  const errorOf = (name: string) => problems.find((problem) => problem.name === name)?.description;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const question = questionOf(draft, words);
    if ("length" in question) {
      setWrong(question);
      return;
    }
    setWrong(NO_PROBLEMS);
    setAsked(draft);
    ask(question);
  };
  const input = (name: keyof Draft) => ({
    value: draft[name],
    onChange: (event: { readonly target: { readonly value: string } }) => setTyped({ ...typed, [name]: event.target.value }),
  });
  const labels: Readonly<Record<string, string>> = {
    agents: words.agents,
    max_abandonment_rate: words.cap,
    max_dialing_ratio: words.ratio,
    calling_hours: words.from,
    finish_by: words.by,
  };
  return (
    <form className="stack" onSubmit={submit} noValidate>
      <p className="soft">{words.about}</p>
      <FormSummary problems={wrong} labelOf={(name) => labels[name] ?? name} />
      <div className="form-grid">
        <Field label={words.agents} name="agents" hint={words.agentsHint} error={errorOf("agents")}>
          {(control) => <input {...control} {...input("agents")} inputMode="numeric" />}
        </Field>
        <Field label={words.cap} name="max_abandonment_rate" optional error={errorOf("max_abandonment_rate")}>
          {(control) => <input {...control} {...input("cap")} inputMode="decimal" />}
        </Field>
        <Field label={words.ratio} name="max_dialing_ratio" optional error={errorOf("max_dialing_ratio")}>
          {(control) => <input {...control} {...input("ratio")} inputMode="decimal" />}
        </Field>
        <Field label={words.by} name="finish_by" optional error={errorOf("finish_by")}>
          {(control) => <input {...control} {...input("by")} type="datetime-local" />}
        </Field>
        <Field label={words.from} name="calling_hours" optional hint={words.hoursHint} error={errorOf("calling_hours")}>
          {(control) => <input {...control} {...input("from")} type="time" />}
        </Field>
        <Field label={words.to} optional>
          {(control) => <input {...control} {...input("to")} type="time" />}
        </Field>
      </div>
      <div className="form-actions">
        <Button type="submit" look="primary" isPending={isPending}>
          {words.foresee}
        </Button>
      </div>
    </form>
  );
}

function Answer({ forecast: { status, created_at, result } }: { readonly forecast: Forecast }) {
  const words = useLate(WORDS);
  const format = useFormat();
  if (status === "FAILED") return <p className="note tone-bad">{words.failed}</p>;
  if (result === undefined) {
    return (
      <Panel title={words.what}>
        <p role="status">{words.waiting(format.clock(created_at))}</p>
        <Skeleton height={220} what={words.what} />
      </Panel>
    );
  }
  return <Foreseen result={result} />;
}

function Foreseen({ result }: { readonly result: Result }) {
  const text = useText();
  const words = useLate(WORDS);
  const format = useFormat();
  const now = useServerNow();
  const from = Date.parse(result.as_of);
  const at = format.dateTime(result.as_of);
  const hours = (instant: string | undefined) => (instant === undefined ? null : (Date.parse(instant) - from) / HOUR_MS);
  const ends = ({ finishes_at: { low, likely, high } }: Scenario) =>
    [low, likely, high].map((instant) => (instant === undefined ? words.beyond : format.dateTime(instant))) as [string, string, string];
  const percents = (spread: Spread) => three(spread, (value) => format.percent(value));
  const point = (agents: number, [low, likely, high]: readonly [string, string, string]) => words.point(format.number(agents), likely, low, high);
  const scenarios = result.scenarios.toSorted((one, other) => one.agents - other.agents);
  return (
    <div className="stack">
      <p role="status">{words.made(at, format.number(result.records), format.number(result.calls_seen))}</p>
      {now !== null && now - from > STALE_MS && <p className="note tone-warn">{words.stale(at)}</p>}
      <Needed needed={result.agents_needed} />
      <div className="columns">
        <Panel title={words.finish}>
          <RangeChart
            title={words.finish}
            along={text.live.agents}
            show={(value) => `${format.decimal(value, value >= 10 || value === 0 ? 0 : 1)} h`}
            ranges={scenarios.map((scenario) => ({
              x: scenario.agents,
              low: hours(scenario.finishes_at.low),
              likely: hours(scenario.finishes_at.likely),
              high: hours(scenario.finishes_at.high),
              text: point(scenario.agents, ends(scenario)),
            }))}
          />
          <p className="soft small">
            {words.finishAxis}. {words.bounds}
          </p>
        </Panel>
        <Panel title={words.occupancy}>
          <RangeChart
            title={words.occupancy}
            along={text.live.agents}
            top={1}
            show={(value) => format.percent(value, 0)}
            ranges={scenarios.map(({ agents, occupancy }) => ({ x: agents, ...occupancy, text: point(agents, percents(occupancy)) }))}
          />
          <p className="soft small">{words.bounds}</p>
        </Panel>
      </div>
      <Panel title={words.table} flush>
        <DataTable
          label={words.table}
          rows={scenarios}
          idOf={(scenario) => String(scenario.agents)}
          columns={[
            { id: "agents", label: words.agents, cell: (scenario) => scenario.agents },
            { id: "ends", label: words.finished, cell: (scenario) => <Cell of={ends(scenario)} /> },
            ...(
              [
                ["attempts", words.attempts, format.number],
                ["connected", words.connected, format.number],
                ["abandonment_rate", words.abandonment, (value: number) => format.percent(value, 2)],
                ["occupancy", words.busy, (value: number) => format.percent(value, 0)],
                ["agent_hours", words.hours, (value: number) => format.decimal(value, 1)],
              ] as const
            ).map(([id, label, show]) => ({
              id,
              label,
              number: true,
              cell: (scenario: Scenario) => <Cell of={three(scenario[id], show)} />,
            })),
          ]}
        />
      </Panel>
      {result.assumptions.length > 0 && (
        <Panel title={words.assumed}>
          <ul>
            {result.assumptions.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
        </Panel>
      )}
    </div>
  );
}

function Needed({ needed }: { readonly needed: Result["agents_needed"] }) {
  const words = useLate(WORDS);
  const at = useFormat().dateTime(needed.finish_by);
  return (
    <p>
      {needed.likely !== undefined && <strong>{words.neededLikely(needed.likely, at)}</strong>}{" "}
      {needed.sure === undefined ? words.neededNone(needed.most_tried, at) : words.neededSure(needed.sure)}
    </p>
  );
}

function Cell({ of: [low, likely, high] }: { readonly of: readonly [string, string, string] }) {
  const words = useLate(WORDS);
  return (
    <>
      {likely}
      <br />
      <span className="soft small">{words.between(low, high)}</span>
    </>
  );
}

const three = ({ low, likely, high }: Spread, show: (value: number) => string): readonly [string, string, string] => [
  show(low),
  show(likely),
  show(high),
];
