import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { Fragment } from "react";
import { useParams } from "wouter";
import { API_BASE } from "../places";
import { api, told } from "../api/client";
import { CampaignHead } from "../campaigns/head";
import { useFilters } from "../lib/filters";
import { IfCan } from "../session/session";
import { useCampaignTopic } from "../stream/provider";
import { useFormat, useText } from "../text/text";
import { wordFor } from "../text/words";
import { Bars } from "../ui/bars";
import { Button } from "../ui/button";
import { DataTable } from "../ui/data-table";
import { Pager } from "../ui/pager";
import { Empty, Loaded, Panel, Skeleton } from "../ui/panel";
import { ProblemOf } from "../ui/problem-of";
import type { Schema } from "../api/client";

const FILTERS = { outcome: "", page: "1" };
const PER_PAGE = 50;

/** What became of the calls: counts, every call, and all of them as a file. */
export default function ResultsPage() {
  const { id } = useParams<{ id: string }>();
  const text = useText();
  const topic = useCampaignTopic(id);
  const outcomes = topic.data?.outcomes;
  const bars = Object.entries(outcomes ?? {}).map(([outcome, value]) => ({ id: outcome, label: wordFor(text.outcomes, outcome), value }));
  return (
    <>
      <CampaignHead id={id} topic={topic.data} />
      <div className="columns">
        <Panel title={text.results.outcomes}>
          {outcomes === undefined && <Skeleton height={160} what={text.results.outcomes} />}
          {outcomes !== undefined && (bars.length === 0 ? <Empty>{text.results.none}</Empty> : <Bars bars={bars} />)}
        </Panel>
        <Panel title={text.results.lists}>
          {topic.data?.chain === undefined ? (
            <Skeleton height={160} what={text.results.lists} />
          ) : (
            <Bars bars={topic.data.chain.map((list) => ({ id: list.list_id, label: list.name, value: list.final }))} />
          )}
        </Panel>
      </div>
      <IfCan scope="data-reports:write">
        <Export />
      </IfCan>
      <Verdicts id={id} />
      <Calls id={id} />
    </>
  );
}

const RATES = ["false_positive_rate", "false_discovery_rate", "missed_rate"] as const;

/** How well people are told from machines; of a campaign without detection there is nothing to say. */
function Verdicts({ id }: { readonly id: string }) {
  const text = useText();
  const format = useFormat();
  const verdicts = useQuery({
    queryKey: ["campaign", id, "verdicts"],
    queryFn: () => told(api.GET("/v1/campaigns/{campaign_id}/verdicts", { params: { path: { campaign_id: id } } })),
  });
  const found = verdicts.data;
  if (found === undefined || found.judged.machine + found.judged.person + found.judged.not_sure === 0) return null;
  const share = (rate: Schema["EstimateShown"] | undefined) =>
    rate === undefined ? text.results.verdicts.unknown : text.results.verdicts.share(format.percent(rate.seen), format.percent(rate.low), format.percent(rate.high));
  return (
    <Panel title={text.results.verdicts.title}>
      <p className="soft small">{text.results.verdicts.about(found.sample.said, found.passed.said)}</p>
      <dl className="facts">
        {RATES.map((rate) => (
          <Fragment key={rate}>
            <dt>{text.results.verdicts[rate]}</dt>
            <dd>{share(found[rate])}</dd>
          </Fragment>
        ))}
      </dl>
    </Panel>
  );
}

function Calls({ id }: { readonly id: string }) {
  const text = useText();
  const format = useFormat();
  const [filters, setFilters] = useFilters(FILTERS);
  const page = Number(filters.page);
  const outcome = filters.outcome === "" ? {} : { outcome: filters.outcome as Schema["Outcome"] };
  const attempts = useQuery({
    queryKey: ["campaign", id, "attempts", filters],
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
      title={text.results.calls}
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
      <Loaded query={attempts} what={text.results.calls} height={400}>
        {(found) =>
          found.total === 0 ? (
            <Empty>{text.results.none}</Empty>
          ) : (
            <>
              <DataTable
                label={text.results.calls}
                rows={found._embedded.attempts}
                idOf={(attempt) => attempt.id}
                columns={[
                  { id: "at", label: text.records.startedAt, cell: (attempt) => format.dateTime(attempt.started_at) },
                  { id: "phone", label: text.records.phone, cell: (attempt) => attempt.phone_number },
                  { id: "type", label: text.results.type, cell: (attempt) => text.phoneTypes[attempt.phone_type] },
                  { id: "number", label: text.results.attempt, number: true, cell: (attempt) => attempt.number },
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
    <Panel title={text.results.exportTitle(EXPORT_DAYS)}>
      <ProblemOf of={asking} what={text.results.export} />
      <div className="row" role="status">
        <Button isPending={asking.isPending || (id !== undefined && status !== "done" && status !== "failed")} onPress={() => asking.mutate()}>
          {text.results.export}
        </Button>
        {id !== undefined && status !== "done" && status !== "failed" && <span>{text.results.preparing}</span>}
        {status === "failed" && <span className="field-error">{text.results.failed}</span>}
        {status === "done" && id !== undefined && (
          <a href={`${API_BASE}/data/reports/outbound_dialer_calls/files/${id}`} download>
            {text.actions.download}
          </a>
        )}
      </div>
    </Panel>
  );
}
