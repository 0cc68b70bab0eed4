import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useParams } from "wouter";
import { api, told, type Schema } from "../api/client";
import { CampaignHead } from "../campaigns/head";
import { useCampaignTopic } from "../stream/provider";
import { useFormat, useText } from "../text/text";
import { Bars } from "../ui/bars";
import { Button } from "../ui/button";
import { DataTable } from "../ui/data-table";
import { Dialog } from "../ui/dialog";
import { Empty, Loaded, Panel } from "../ui/panel";

const NEXT = 20;
const AGAIN_MS = 10_000;

/** Who is dialed next, what holds the others, and all about one record. */
export default function RecordsPage() {
  const { id } = useParams<{ id: string }>();
  const text = useText();
  const topic = useCampaignTopic(id);
  const [chosen, setChosen] = useState<string | null>(null);
  return (
    <>
      <CampaignHead id={id} topic={topic.data} />
      <NextRecords id={id} onChoose={setChosen} />
      <Reasons id={id} />
      <Dialog title={text.records.why} isOpen={chosen !== null} onClose={() => setChosen(null)} wide>
        {chosen !== null && <Why campaign={id} record={chosen} />}
        <div className="dialog-actions">
          <Button onPress={() => setChosen(null)}>{text.actions.close}</Button>
        </div>
      </Dialog>
    </>
  );
}

interface NextProps {
  readonly id: string;
  readonly onChoose: (record: string) => void;
}

function NextRecords({ id, onChoose }: NextProps) {
  const text = useText();
  const format = useFormat();
  const next = useQuery({
    queryKey: ["campaign", id, "next"],
    queryFn: () => told(api.GET("/v1/campaigns/{campaign_id}/next", { params: { path: { campaign_id: id }, query: { count: NEXT } } })),
    refetchInterval: AGAIN_MS,
    placeholderData: keepPreviousData,
  });
  return (
    <Panel title={text.records.next(NEXT)} flush>
      <Loaded query={next} what={text.records.next(NEXT)} height={400}>
        {({ records }) =>
          records.length === 0 ? (
            <Empty>{text.records.nobodyNext}</Empty>
          ) : (
            <DataTable
              label={text.records.next(NEXT)}
              rows={records}
              idOf={(record) => record.record_id}
              columns={[
                {
                  id: "name",
                  label: text.records.record,
                  cell: (record) => (
                    <Button small look="quiet" onPress={() => onChoose(record.record_id)}>
                      {record.place}. {record.first_name} {record.last_name}
                    </Button>
                  ),
                },
                { id: "reason", label: text.records.reason, cell: (record) => text.reasons[record.reason] },
                { id: "at", label: text.records.nextAt, cell: (record) => record.next_at !== undefined && format.dateTime(record.next_at) },
                { id: "phone", label: text.records.phone, cell: (record) => <PhoneOf record={record} /> },
                { id: "attempts", label: text.records.attempts, number: true, cell: (record) => record.attempts },
                { id: "priority", label: text.campaigns.priority, number: true, cell: (record) => record.priority },
              ]}
            />
          )
        }
      </Loaded>
    </Panel>
  );
}

function PhoneOf({ record }: { readonly record: Pick<Schema["NextShown"], "phone_number" | "phone_type"> }) {
  const text = useText();
  if (record.phone_number === undefined) return null;
  return (
    <>
      {record.phone_number} {record.phone_type !== undefined && <span className="soft small">{text.phoneTypes[record.phone_type]}</span>}
    </>
  );
}

function Reasons({ id }: { readonly id: string }) {
  const text = useText();
  const reasons = useQuery({
    queryKey: ["campaign", id, "reasons"],
    queryFn: () => told(api.GET("/v1/campaigns/{campaign_id}/reasons", { params: { path: { campaign_id: id } } })),
    refetchInterval: AGAIN_MS,
    placeholderData: keepPreviousData,
  });
  return (
    <Panel title={text.records.reasons}>
      <Loaded query={reasons} what={text.records.reasons}>
        {(found) =>
          found.total === 0 ? (
            <Empty>{text.records.noRecords}</Empty>
          ) : (
            <>
              <p className="soft small">{text.records.reasonsSum}</p>
              <Bars bars={found.reasons.map((row) => ({ id: row.reason, label: text.reasons[row.reason], value: row.records }))} />
            </>
          )
        }
      </Loaded>
    </Panel>
  );
}

function Why({ campaign, record }: { readonly campaign: string; readonly record: string }) {
  const text = useText();
  const format = useFormat();
  const why = useQuery({
    queryKey: ["campaign", campaign, "why", record],
    queryFn: () =>
      told(api.GET("/v1/campaigns/{campaign_id}/records/{record_id}/why", { params: { path: { campaign_id: campaign, record_id: record } } })),
  });
  const attempts = useQuery({
    queryKey: ["campaign", campaign, "attempts", record],
    queryFn: () =>
      told(api.GET("/v1/campaigns/{campaign_id}/attempts", { params: { path: { campaign_id: campaign }, query: { record_id: record } } })),
  });
  return (
    <>
      <Loaded query={why} what={text.records.why}>
        {(found) => (
          <dl className="facts">
            <dt>{text.records.record}</dt>
            <dd>
              {found.first_name} {found.last_name}
            </dd>
            <dt>{text.records.reason}</dt>
            <dd>
              <strong>{text.reasons[found.reason]}</strong>
              {found.next_at !== undefined && ` · ${text.records.notBefore(format.dateTime(found.next_at))}`}
            </dd>
            <dt>{text.records.phone}</dt>
            <dd>
              <PhoneOf record={found} />
            </dd>
            <dt>{text.records.attempts}</dt>
            <dd>{text.records.attemptsOf(found.attempts, found.max_attempts ?? null)}</dd>
            {found.timezones !== undefined && (
              <>
                <dt>{text.records.zones}</dt>
                <dd>{found.timezones.join(", ")}</dd>
              </>
            )}
          </dl>
        )}
      </Loaded>
      <h3>{text.records.calls}</h3>
      <Loaded query={attempts} what={text.records.calls}>
        {({ _embedded }) =>
          _embedded.attempts.length === 0 ? (
            <p className="soft">{text.records.noCalls}</p>
          ) : (
            <DataTable
              label={text.records.calls}
              rows={_embedded.attempts}
              idOf={(attempt) => attempt.id}
              columns={[
                { id: "at", label: text.records.startedAt, cell: (attempt) => format.dateTime(attempt.started_at) },
                { id: "phone", label: text.records.phone, cell: (attempt) => attempt.phone_number },
                {
                  id: "outcome",
                  label: text.records.outcome,
                  cell: (attempt) => (attempt.outcome === undefined ? text.records.inProgress : text.outcomes[attempt.outcome]),
                },
                { id: "said", label: text.records.disposition, cell: (attempt) => attempt.disposition?.name },
              ]}
            />
          )
        }
      </Loaded>
    </>
  );
}
