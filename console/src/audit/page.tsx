import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "wouter";
import { api, told, type Schema } from "../api/client";
import { usersQuery } from "../api/things";
import { API_BASE } from "../places";
import { CampaignHead } from "../campaigns/head";
import { useFilters } from "../lib/filters";
import { useCan, useMayChange } from "../session/session";
import { useCampaignTopic } from "../stream/provider";
import { useFormat, useText } from "../text/text";
import { ConfirmAction } from "../ui/confirm-action";
import { Field } from "../ui/field";
import { PageHead } from "../ui/page-head";
import { Pager } from "../ui/pager";
import { Empty, Loaded, Panel } from "../ui/panel";
import "./audit.css";

type Change = Schema["ChangeShown"];

const FILTERS = { kind: "", action: "", field: "", page: "1" };
const PER_PAGE = 25;
const ACTIONS = ["created", "changed", "deleted"] as const;

export default function AuditPage() {
  const text = useText();
  return (
    <>
      <PageHead title={text.nav.audit} live={false} />
      <Changes campaign={null} />
    </>
  );
}

export function CampaignAuditPage() {
  const { id } = useParams<{ id: string }>();
  const topic = useCampaignTopic(id);
  return (
    <>
      <CampaignHead id={id} topic={topic.data} />
      <Changes campaign={id} />
    </>
  );
}

/** Who changed what, the newest first, member by member. */
function Changes({ campaign }: { readonly campaign: string | null }) {
  const text = useText();
  const [filters, setFilters] = useFilters(FILTERS);
  const can = useCan();
  const page = Number(filters.page);
  const query = {
    page,
    per_page: PER_PAGE,
    ...(filters.action !== "" && { action: filters.action as Change["action"] }),
    ...(filters.field !== "" && { field: filters.field }),
  };
  const changes = useQuery({
    queryKey: ["audit", campaign, filters],
    queryFn: () =>
      campaign === null
        ? told(api.GET("/v1/audit", { params: { query: { ...query, ...(filters.kind !== "" && { kind: filters.kind as Change["kind"] }) } } }))
        : told(api.GET("/v1/campaigns/{campaign_id}/audit", { params: { path: { campaign_id: campaign }, query } })),
    placeholderData: keepPreviousData,
  });
  return (
    <>
      <div className="filters">
        {campaign === null && (
          <Field label={text.audit.kind}>
            {(control) => (
              <select {...control} value={filters.kind} onChange={(event) => setFilters({ kind: event.target.value, page: "1" })}>
                <option value="">{text.campaigns.all}</option>
                {Object.entries(text.audit.kinds).map(([kind, label]) => (
                  <option key={kind} value={kind}>
                    {label}
                  </option>
                ))}
              </select>
            )}
          </Field>
        )}
        <Field label={text.audit.action}>
          {(control) => (
            <select {...control} value={filters.action} onChange={(event) => setFilters({ action: event.target.value, page: "1" })}>
              <option value="">{text.campaigns.all}</option>
              {ACTIONS.map((action) => (
                <option key={action} value={action}>
                  {text.audit.actions[action]}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label={text.audit.field}>
          {(control) => (
            <input {...control} type="search" value={filters.field} onChange={(event) => setFilters({ field: event.target.value, page: "1" })} />
          )}
        </Field>
      </div>
      <Panel title={text.nav.audit} actions={can("audit:read") && <Export campaign={campaign} filters={filters} />}>
        <Loaded query={changes} what={text.nav.audit} height={480}>
          {(found) =>
            found.total === 0 ? (
              <Empty>{text.audit.none}</Empty>
            ) : (
              <>
                <ol className="changes">
                  {found._embedded.changes.map((change) => (
                    <ChangeItem key={change.id} change={change} />
                  ))}
                </ol>
                <Pager page={page} perPage={PER_PAGE} total={found.total} onPage={(to) => setFilters({ page: String(to) })} />
              </>
            )
          }
        </Loaded>
      </Panel>
    </>
  );
}

const FORMATS = ["csv", "jsonl"] as const;

interface ExportProps {
  readonly campaign: string | null;
  readonly filters: typeof FILTERS;
}

/** All changes that fit, as files. */
function Export({ campaign, filters: { kind, action, field } }: ExportProps) {
  const text = useText();
  const given = Object.entries({ kind, action, field, campaign_id: campaign ?? "" }).filter(([, value]) => value !== "");
  return FORMATS.map((format) => (
    <a key={format} href={`${API_BASE}/v1/audit/export?${String(new URLSearchParams([...given, ["format", format]]))}`} download>
      {text.audit.export(format === "csv" ? "CSV" : "JSON Lines")}
    </a>
  ));
}

function ChangeItem({ change }: { readonly change: Change }) {
  const text = useText();
  const format = useFormat();
  const can = useCan();
  const mayChange = useMayChange();
  const queries = useQueryClient();
  const users = useQuery({ ...usersQuery, enabled: change.user_id !== undefined && can("users:read") });
  const actor = users.data?.find((user) => user.id === change.user_id)?.name ?? change.user_id ?? change.client_id ?? text.audit.somebody;
  const undoing = useMutation({
    mutationFn: () => told(api.POST("/v1/audit/{change_id}/undo", { params: { path: { change_id: change.id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["audit"] }),
  });
  const undoable = change.kind === "campaign" && change.action === "changed" && mayChange("campaigns:write");
  return (
    <li className="change">
      <div className="row">
        <strong>
          {text.audit.kinds[change.kind]} {text.audit.actions[change.action].toLowerCase()}
        </strong>
        <span className="soft">
          {actor} · <time dateTime={change.at}>{format.dateTime(change.at)}</time>
        </span>
        {change.request_id !== undefined && (
          <span className="soft small">
            {text.states.requestId} <code>{change.request_id}</code>
          </span>
        )}
        {undoable && (
          <span className="row-end">
            <ConfirmAction
              label={text.actions.undo}
              title={text.audit.undoTitle}
              consequence={text.audit.undoAbout(change.fields.join(", "))}
              verb={text.actions.undo}
              small
              act={() => undoing.mutateAsync()}
            />
          </span>
        )}
      </div>
      {change.action === "changed" && change.fields.length > 0 && <Diff change={change} />}
    </li>
  );
}

function Diff({ change }: { readonly change: Change }) {
  const text = useText();
  return (
    <div className="table-scroll" tabIndex={0} role="group" aria-label={text.audit.diff}>
      <table className="table diff">
        <thead>
          <tr>
            <th scope="col">{text.audit.field}</th>
            <th scope="col">{text.audit.before}</th>
            <th scope="col">{text.audit.after}</th>
          </tr>
        </thead>
        <tbody>
          {change.fields.map((field) => (
            <tr key={field}>
              <th scope="row">
                <code>{field}</code>
              </th>
              <td className="diff-before">{show(change.before[field])}</td>
              <td className="diff-after">{show(change.after[field])}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function show(value: unknown): string {
  if (value === undefined || value === null) return "–";
  return typeof value === "string" ? value : JSON.stringify(value);
}
