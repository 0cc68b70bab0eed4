import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, told, type Schema } from "../api/client";
import { usersQuery } from "../api/things";
import { useFilters } from "../lib/filters";
import { IfCan, useCan } from "../session/session";
import { useCampaignsTopic } from "../stream/provider";
import type { CampaignRow } from "../stream/topics";
import { useFormat, useText, type Text } from "../text/text";
import { ConfirmAction } from "../ui/confirm-action";
import { DataTable } from "../ui/data-table";
import { Field } from "../ui/field";
import { PageHead } from "../ui/page-head";
import { Pager } from "../ui/pager";
import { Empty, Loaded, Panel } from "../ui/panel";
import { Pill } from "../ui/pill";
import { useReasonsOf } from "./reasons";
import { Reschedule } from "./reschedule";

type Callback = Schema["outdial__api__answers__callbacks__CallbackShown"];

const FILTERS = { status: "", page: "1" };
const PER_PAGE = 50;
const STATUSES = ["UNATTEMPTED", "TO_BE_RETRIED", "SUCCESS", "EXHAUSTED", "CANCELED", "INVALID_NUMBER"] as const;
const OPEN: readonly Callback["status"][] = ["UNATTEMPTED", "TO_BE_RETRIED"];

/** Promised calls: when, by whom, and which of them are at risk. */
export default function CallbacksPage() {
  const text = useText();
  const [filters, setFilters] = useFilters(FILTERS);
  const page = Number(filters.page);
  const callbacks = useQuery({
    queryKey: ["callbacks", filters],
    queryFn: () =>
      told(
        api.GET("/schedule-callbacks", {
          params: { query: { page, per_page: PER_PAGE, ...(filters.status !== "" && { status: filters.status as Callback["status"] }) } },
        }),
      ),
    placeholderData: keepPreviousData,
  });
  return (
    <>
      <PageHead title={text.callbacks.title} live={false} />
      <div className="filters">
        <Field label={text.campaigns.state}>
          {(control) => (
            <select {...control} value={filters.status} onChange={(event) => setFilters({ status: event.target.value, page: "1" })}>
              <option value="">{text.campaigns.all}</option>
              {STATUSES.map((status) => (
                <option key={status} value={status}>
                  {text.callbacks.statuses[status]}
                </option>
              ))}
            </select>
          )}
        </Field>
      </div>
      <Panel title={text.callbacks.title} flush>
        <Loaded query={callbacks} what={text.callbacks.title} height={400}>
          {(found) =>
            found.total === 0 ? (
              <Empty>{text.callbacks.none}</Empty>
            ) : (
              <>
                <CallbackTable callbacks={found._embedded.callbacks} />
                <Pager page={page} perPage={PER_PAGE} total={found.total} onPage={(to) => setFilters({ page: String(to) })} />
              </>
            )
          }
        </Loaded>
      </Panel>
    </>
  );
}

function CallbackTable({ callbacks }: { readonly callbacks: readonly Callback[] }) {
  const text = useText();
  const format = useFormat();
  const can = useCan();
  const campaigns = useCampaignsTopic().data?.campaigns ?? {};
  const users = useQuery({ ...usersQuery, enabled: can("users:read") }).data ?? [];
  const reasons = useReasonsOf(callbacks.filter((callback) => OPEN.includes(callback.status)).map((callback) => callback.callback_id));
  const owner = (callback: Callback) =>
    callback.agents.map(({ agent_id }) => users.find((user) => user.id === agent_id)?.name ?? agent_id).join(", ") || text.callbacks.anyone;
  return (
    <DataTable
      label={text.callbacks.title}
      rows={callbacks}
      idOf={(callback) => callback.callback_id}
      columns={[
        { id: "who", label: text.callbacks.whom, cell: (callback) => `${callback.record_first_name} ${callback.record_last_name}` },
        { id: "phone", label: text.records.phone, cell: (callback) => callback.phone_number },
        {
          id: "when",
          label: text.callbacks.when,
          cell: (callback) => (
            <>
              {format.dateTime(callback.next_time_to_call)}
              {callback.timezone !== undefined && (
                <span className="soft small">
                  {" "}
                  {text.callbacks.there(format.time(callback.next_time_to_call, callback.timezone), callback.timezone)}
                </span>
              )}
            </>
          ),
        },
        { id: "owner", label: text.callbacks.owner, cell: owner },
        { id: "campaign", label: text.agents.campaign, cell: (callback) => campaigns[callback.campaign_id]?.name ?? callback.campaign_id },
        {
          id: "status",
          label: text.campaigns.state,
          cell: (callback) => {
            const risk = riskOf(text, callback, campaigns[callback.campaign_id], reasons[callback.callback_id]);
            return (
              <span className="row">
                {text.callbacks.statuses[callback.status]}
                {risk !== null && (
                  <Pill tone="warn" shape="triangle">
                    {risk}
                  </Pill>
                )}
              </span>
            );
          },
        },
        { id: "actions", label: text.campaigns.actions, cell: (callback) => (
            <IfCan scope="schedule-callbacks:write">
              {OPEN.includes(callback.status) && (
                <span className="row">
                  <Reschedule callback={callback} />
                  <Cancel callback={callback} />
                </span>
              )}
            </IfCan>
          ) },
      ]}
    />
  );
}

/** Why a promise may not be kept, in words; null when nothing speaks against it. */
function riskOf(text: Text, callback: Callback, campaign: CampaignRow | undefined, reason: Schema["CallbackReason"] | undefined): string | null {
  if (!OPEN.includes(callback.status)) return null;
  if (campaign !== undefined && campaign.status !== "RUNNING") return text.callbacks.campaignStopped;
  if (reason === "outside_calling_hours" || reason === "on_dnc_list" || reason === "carrier_back_off") return text.callbacks.reasons[reason];
  return null;
}

function Cancel({ callback }: { readonly callback: Callback }) {
  const text = useText();
  const queries = useQueryClient();
  const canceling = useMutation({
    mutationFn: () => told(api.DELETE("/schedule-callbacks/{callback_id}", { params: { path: { callback_id: callback.callback_id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["callbacks"] }),
  });
  const name = `${callback.record_first_name} ${callback.record_last_name}`;
  return (
    <ConfirmAction
      label={text.callbacks.cancel}
      aria-label={`${text.callbacks.cancel}: ${name}`}
      title={text.callbacks.cancelTitle(name)}
      consequence={text.callbacks.cancelAbout}
      verb={text.callbacks.cancel}
      look="danger"
      small
      act={() => canceling.mutateAsync()}
    />
  );
}
