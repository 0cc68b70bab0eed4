import { useMemo } from "react";
import { Link } from "wouter";
import { useFilters } from "../lib/filters";
import { IfCan, useMayChange } from "../session/session";
import { useCampaignsTopic } from "../stream/provider";
import type { CampaignRow } from "../stream/topics";
import { useFormat, useText } from "../text/text";
import { Button, ButtonLink } from "../ui/button";
import { Field } from "../ui/field";
import { PageHead } from "../ui/page-head";
import { Empty, Skeleton } from "../ui/panel";
import { ReasonLine } from "../ui/reason-line";
import { StatePill } from "../ui/state-pill";
import { StreamRefusal } from "../ui/stream-refusal";
import { AbandonmentMeter } from "./abandonment";
import { StartOrPause } from "./commands";
import { fitting, FILTERS, STATUSES } from "./filters";
import { SavedViews } from "./saved-views";

/** All campaigns: what each is doing and why, what is left, and whether it keeps its cap. */
export default function CampaignsPage() {
  const text = useText();
  const topic = useCampaignsTopic();
  const [filters, setFilters] = useFilters(FILTERS);
  const campaigns = useMemo(() => fitting(Object.values(topic.data?.campaigns ?? {}), filters), [topic.data, filters]);
  const none = topic.data !== undefined && Object.keys(topic.data.campaigns).length === 0;
  return (
    <>
      <PageHead
        title={text.campaigns.title}
        actions={
          <IfCan scope="campaigns:write">
            <ButtonLink href="/campaigns/new" look="primary">
              {text.campaigns.create}
            </ButtonLink>
          </IfCan>
        }
      />
      <StreamRefusal refusal={topic.refusal} what={text.campaigns.title} />
      {topic.data === undefined && topic.refusal === null && <Skeleton height={320} what={text.campaigns.title} />}
      {none && <NoCampaigns />}
      {topic.data !== undefined && !none && (
        <>
          <div className="filters">
            <Field label={text.campaigns.searchLabel}>
              {(control) => (
                <input {...control} type="search" value={filters.name} onChange={(event) => setFilters({ name: event.target.value })} />
              )}
            </Field>
            <Field label={text.campaigns.state}>
              {(control) => (
                <select {...control} value={filters.status} onChange={(event) => setFilters({ status: event.target.value })}>
                  <option value="">{text.campaigns.all}</option>
                  {STATUSES.map((status) => (
                    <option key={status} value={status}>
                      {text.campaignStates[status]}
                    </option>
                  ))}
                </select>
              )}
            </Field>
            {(filters.name !== "" || filters.status !== "") && (
              <Button look="quiet" onPress={() => setFilters({ name: "", status: "" })}>
                {text.actions.clear}
              </Button>
            )}
          </div>
          <SavedViews filters={filters} unset={FILTERS} />
          <section className="panel" aria-label={text.campaigns.title}>
            {campaigns.length === 0 ? <Empty>{text.campaigns.noneFit}</Empty> : <CampaignTable campaigns={campaigns} />}
          </section>
        </>
      )}
    </>
  );
}

function NoCampaigns() {
  const text = useText();
  const writes = useMayChange()("campaigns:write");
  return (
    <section className="panel">
      <Empty
        action={
          writes && (
            <ButtonLink href="/campaigns/new" look="primary">
              {text.campaigns.create}
            </ButtonLink>
          )
        }
      >
        {writes ? text.campaigns.empty : text.campaigns.emptyReadOnly}
      </Empty>
    </section>
  );
}

function CampaignTable({ campaigns }: { readonly campaigns: readonly CampaignRow[] }) {
  const text = useText();
  return (
    <div className="table-scroll" tabIndex={0} role="group" aria-label={text.campaigns.title}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{text.campaigns.name}</th>
            <th scope="col">{text.campaigns.mode}</th>
            <th scope="col" className="number">
              {text.campaigns.left}
            </th>
            <th scope="col">{text.campaigns.abandonment}</th>
            <th scope="col" className="number">
              {text.campaigns.agents}
            </th>
            <th scope="col" className="number">
              {text.campaigns.calls}
            </th>
            <th scope="col" className="number">
              {text.campaigns.priority}
            </th>
            <th scope="col">
              <span className="visually-hidden">{text.campaigns.actions}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {campaigns.map((campaign) => (
            <Row key={campaign.id} campaign={campaign} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ campaign }: { readonly campaign: CampaignRow }) {
  const text = useText();
  const format = useFormat();
  const { records } = campaign;
  const left = records && records.total - records.final;
  const rate = campaign.abandonment?.rate;
  const cap = campaign.abandonment?.cap;
  return (
    <tr>
      <th scope="row">
        <div className="row">
          <Link href={`/campaigns/${campaign.id}/live`}>{campaign.name}</Link>
          <StatePill status={campaign.status} activity={campaign.activity} />
        </div>
        <div className="small">
          <ReasonLine status={campaign.status} doing={campaign} />
        </div>
      </th>
      <td>{text.modes[campaign.mode ?? "none"]}</td>
      <td className="number">{records && left !== undefined && text.campaigns.leftOf(format.number(left), format.number(records.total))}</td>
      <td className="abandonment-cell">
        {campaign.abandonment?.enough === false && <span className="soft small">{text.live.abandonmentFew}</span>}
        {campaign.abandonment?.enough !== false && rate !== undefined && cap !== undefined && (
          <>
            <span className="small">{text.campaigns.abandonmentOf(format.percent(rate, 2), format.percent(cap))}</span>
            <AbandonmentMeter rate={rate} cap={cap} />
          </>
        )}
      </td>
      <td className="number">{format.number(campaign.agents ?? 0)}</td>
      <td className="number">{format.number(campaign.calls ?? 0)}</td>
      <td className="number">{campaign.priority}</td>
      <td className="number nowrap">
        <IfCan scope="campaigns:write">
          <StartOrPause campaign={campaign} calls={campaign.calls ?? 0} agents={campaign.agents ?? 0} recordsLeft={left ?? null} small />
        </IfCan>
      </td>
    </tr>
  );
}
