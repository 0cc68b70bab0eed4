import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { Fragment } from "react";
import { useParams } from "wouter";
import { API_BASE } from "../places";
import { api, told } from "../api/client";
import { CampaignHead } from "../campaigns/head";
import { useFilters } from "../lib/filters";
import { IfCan } from "../session/session";
import { useCampaignTopic } from "../stream/provider";
import { useLate } from "../text/late";
import { useFormat, useText } from "../text/text";
import { Button } from "../ui/button";
import { DataTable } from "../ui/data-table";
import { Field } from "../ui/field";
import { Pager } from "../ui/pager";
import { Empty, Loaded, Panel } from "../ui/panel";
import { ProblemOf } from "../ui/problem-of";
import { Counted, WORDS } from "./counts";
import type { Schema } from "../api/client";

const FILTERS = { days: "7", outcome: "", page: "1" };
const PER_PAGE = 50;

const SPANS = ["1", "7", "31"] as const;

/** What became of the calls: counts, every call, and all of them as a file. */
export default function ResultsPage() {
  const { id } = useParams<{ id: string }>();
  const words = useLate(WORDS);
  const topic = useCampaignTopic(id);
  const [filters, setFilters] = useFilters(FILTERS);
  const days = SPANS.find((one) => one === filters.days) ?? "7";
  return (
    <>
      <CampaignHead id={id} topic={topic.data} />
      <div className="filters">
        <Field label={words.span}>
          {(control) => (
            <select {...control} value={days} onChange={(event) => setFilters({ days: event.target.value })}>
              {SPANS.map((one) => (
                <option key={one} value={one}>
                  {words.spans[one]}
                </option>
              ))}
            </select>
          )}
        </Field>
      </div>
      <Counted id={id} days={Number(days)} />
      <Verdicts id={id} />
      <Calls id={id} />
      <IfCan scope="data-reports:write">
        <Export />
      </IfCan>
    </>
  );
}

const RATES = ["false_positive_rate", "false_discovery_rate", "missed_rate"] as const;

/** How well people are told from machines; of a campaign without detection there is nothing to say. */
function Verdicts({ id }: { readonly id: string }) {
  const words = useLate(WORDS);
  const format = useFormat();
  const verdicts = useQuery({
    queryKey: ["campaign", id, "verdicts"],
    queryFn: () => told(api.GET("/v1/campaigns/{campaign_id}/verdicts", { params: { path: { campaign_id: id } } })),
  });
  const found = verdicts.data;
  if (found === undefined || found.judged.machine + found.judged.person + found.judged.not_sure === 0) return null;
  const share = (rate: Schema["EstimateShown"] | undefined) =>
    rate === undefined ? words.verdicts.unknown : words.verdicts.share(format.percent(rate.seen), format.percent(rate.low), format.percent(rate.high));
  return (
    <Panel title={words.verdicts.title}>
      <p className="soft small">{words.verdicts.about(found.sample.said, found.passed.said)}</p>
      <dl className="facts">
        {RATES.map((rate) => (
          <Fragment key={rate}>
            <dt>{words.verdicts[rate]}</dt>
            <dd>{share(found[rate])}</dd>
          </Fragment>
        ))}
      </dl>
    </Panel>
  );
}

function Calls({ id }: { readonly id: string }) {
  const text = useText();
  const words = useLate(WORDS);
  const format = useFormat();
  const [filters, setFilters] = useFilters(FILTERS);
  const page = Number(filters.page);
  const outcome = filters.outcome === "" ? {} : { outcome: filters.outcome as Schema["Outcome"] };
  const attempts = useQuery({
    queryKey: ["campaign", id, "attempts", filters.outcome, page],
    queryFn: () =>
      told(
        api.GET("/v1/campaigns/{campaign_id}/attempts", {
          params: { path: { campaign_id: id }, query: { page, per_page: PER_PAGE, ...outcome } },
        }),
      ),
    placeholderData: keepPreviousData,
  });
  return (
    <Panel
      title={words.calls}
      flush
      actions={
        <label className="row small">
          {text.records.outcome}
          <select className="input" value={filters.outcome} onChange={(event) => setFilters({ outcome: event.target.value, page: "1" })}>
            <option value="">{text.campaigns.all}</option>
            {Object.entries(text.outcomes).map(([word, label]) => (
              <option key={word} value={word}>
                {label}
              </option>
            ))}
          </select>
        </label>
      }
    >
      <Loaded query={attempts} what={words.calls} height={400}>
        {(found) =>
          found.total === 0 ? (
            <Empty>{words.none}</Empty>
          ) : (
            <>
              <DataTable
                label={words.calls}
                rows={found._embedded.attempts}
                idOf={(attempt) => attempt.id}
                columns={[
                  { id: "at", label: text.records.startedAt, cell: (attempt) => format.dateTime(attempt.started_at) },
                  { id: "phone", label: text.records.phone, cell: (attempt) => attempt.phone_number },
                  { id: "type", label: words.type, cell: (attempt) => text.phoneTypes[attempt.phone_type] },
                  { id: "number", label: words.attempt, number: true, cell: (attempt) => attempt.number },
                  {
                    id: "outcome",
                    label: text.records.outcome,
                    cell: (attempt) => (attempt.outcome === undefined ? text.records.inProgress : text.outcomes[attempt.outcome]),
                  },
                  { id: "said", label: text.records.disposition, cell: (attempt) => attempt.disposition?.name },
                ]}
              />
              <Pager page={page} perPage={PER_PAGE} total={found.total} onPage={(to) => setFilters({ page: String(to) })} />
            </>
          )
        }
      </Loaded>
    </Panel>
  );
}

const EXPORT_DAYS = 30;
const DAY_MS = 86_400_000;
const POLL_MS = 1_500;

/** The log of the account's calls as a CSV file: made in the background, then downloaded. */
function Export() {
  const text = useText();
  const words = useLate(WORDS);
  const asking = useMutation({
    mutationFn: () => {
      const to = new Date();
      const from = new Date(to.getTime() - EXPORT_DAYS * DAY_MS);
      return told(
        api.POST("/data/reports/outbound_dialer_calls/jobs", {
          body: { format: "csv", timespan: { from: from.toISOString(), to: to.toISOString() } },
        }),
      );
    },
  });
  const id = asking.data?.job.id;
  const job = useQuery({
    queryKey: ["report", id],
    queryFn: () => told(api.GET("/data/reports/outbound_dialer_calls/jobs/{job_id}", { params: { path: { job_id: id ?? "" } } })),
    enabled: id !== undefined,
    refetchInterval: (query) => (query.state.data?.job.status === "done" || query.state.data?.job.status === "failed" ? false : POLL_MS),
  });
  const status = job.data?.job.status;
  return (
    <Panel title={words.exportTitle(EXPORT_DAYS)}>
      <ProblemOf of={asking} what={words.export} />
      <div className="row" role="status">
        <Button isPending={asking.isPending || (id !== undefined && status !== "done" && status !== "failed")} onPress={() => asking.mutate()}>
          {words.export}
        </Button>
        {id !== undefined && status !== "done" && status !== "failed" && <span>{words.preparing}</span>}
        {status === "failed" && <span className="field-error">{words.failed}</span>}
        {status === "done" && id !== undefined && (
          <a href={`${API_BASE}/data/reports/outbound_dialer_calls/files/${id}`} download>
            {text.actions.download}
          </a>
        )}
      </div>
    </Panel>
  );
}
