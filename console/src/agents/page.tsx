import { useMutation } from "@tanstack/react-query";
import { api, told } from "../api/client";
import { useFilters } from "../lib/filters";
import { duration } from "../lib/format";
import { standsOut, statesOf } from "../live/people";
import { IfCan } from "../session/session";
import { useAgentsTopic, useCampaignsTopic, useServerNow } from "../stream/provider";
import type { AgentRow, AgentState } from "../stream/topics";
import { useText } from "../text/text";
import { wordFor } from "../text/words";
import { ButtonLink } from "../ui/button";
import { ConfirmAction } from "../ui/confirm-action";
import { DataTable } from "../ui/data-table";
import { Field } from "../ui/field";
import { PageHead } from "../ui/page-head";
import { Empty, Panel, Skeleton } from "../ui/panel";
import { Pill } from "../ui/pill";
import { AgentPill } from "../ui/state-pill";
import { StreamRefusal } from "../ui/stream-refusal";

const FILTERS = { state: "", name: "" };

/** Everybody at work: in which state since when, for whom, and how good their link is. */
export default function AgentsPage() {
  const text = useText();
  const topic = useAgentsTopic();
  const [filters, setFilters] = useFilters(FILTERS);
  const agents = Object.values(topic.data?.agents ?? {})
    .filter((agent) => (filters.state === "" || agent.state === filters.state) && agent.name.toLowerCase().includes(filters.name.toLowerCase()))
    .toSorted((one, other) => one.since.localeCompare(other.since));
  const states = statesOf(topic.data?.states ?? {});
  return (
    <>
      <PageHead title={text.agents.title} actions={<ButtonLink href="/agents/by-day">{text.agents.byDay}</ButtonLink>} />
      <StreamRefusal refusal={topic.refusal} what={text.agents.title} />
      {topic.data === undefined && topic.refusal === null && <Skeleton height={400} what={text.agents.title} />}
      {topic.data !== undefined && (
        <>
          <div className="row">
            <strong>{text.units.agents(topic.data.total)}</strong>
            {states.map(([state, count]) => (
              <span key={state} className="row">
                <AgentPill state={state} /> {count}
              </span>
            ))}
          </div>
          <div className="filters">
            <Field label={text.campaigns.searchLabel}>
              {(control) => (
                <input {...control} type="search" value={filters.name} onChange={(event) => setFilters({ name: event.target.value })} />
              )}
            </Field>
            <Field label={text.campaigns.state}>
              {(control) => (
                <select {...control} value={filters.state} onChange={(event) => setFilters({ state: event.target.value })}>
                  <option value="">{text.campaigns.all}</option>
                  {states.map(([state]) => (
                    <option key={state} value={state}>
                      {text.agentStates[state]}
                    </option>
                  ))}
                </select>
              )}
            </Field>
          </div>
          <Panel title={text.agents.now} flush>
            {agents.length === 0 ? <Empty>{text.agents.nobody}</Empty> : <AgentTable agents={agents} />}
          </Panel>
        </>
      )}
    </>
  );
}

function AgentTable({ agents }: { readonly agents: readonly AgentRow[] }) {
  const text = useText();
  const now = useServerNow();
  const campaigns = useCampaignsTopic().data?.campaigns ?? {};
  return (
    <DataTable
      label={text.agents.now}
      rows={agents}
      idOf={(agent) => agent.user_id}
      columns={[
        { id: "name", label: text.live.agent, cell: (agent) => agent.name },
        {
          id: "state",
          label: text.campaigns.state,
          cell: (agent) => (
            <span className="row">
              <AgentPill state={agent.state as AgentState} />
              {agent.reason !== undefined && <span className="soft small">{wordFor(text.desk.pauseReasons, agent.reason)}</span>}
              {agent.leaving !== undefined && <span className="soft small">{text.agents.then(text.agentStates[agent.leaving])}</span>}
            </span>
          ),
        },
        {
          id: "since",
          label: text.live.inState,
          number: true,
          cell: (agent) => (
            <span data-stands-out={standsOut(agent as Parameters<typeof standsOut>[0], now) ? "" : undefined}>
              {now === null ? "" : duration(now - Date.parse(agent.since))}
            </span>
          ),
        },
        { id: "campaign", label: text.agents.campaign, cell: (agent) => (agent.campaign_id === undefined ? "" : campaigns[agent.campaign_id]?.name) },
        {
          id: "link",
          label: text.agents.link,
          cell: (agent) =>
            agent.link === "up" ? (
              text.linkStates.up
            ) : (
              <Pill tone="bad" shape="cross">
                {text.linkStates[agent.link]}
              </Pill>
            ),
        },
        {
          id: "actions",
          label: text.campaigns.actions,
          cell: (agent) => (
            <IfCan scope="agents:write">
              <Commands agent={agent} />
            </IfCan>
          ),
        },
      ]}
    />
  );
}

function Commands({ agent }: { readonly agent: AgentRow }) {
  const text = useText();
  const path = { user_id: agent.user_id };
  const pausing = useMutation({ mutationFn: () => told(api.POST("/v1/agents/{user_id}/pause", { params: { path }, body: {} })) });
  const leaving = useMutation({ mutationFn: () => told(api.POST("/v1/agents/{user_id}/sign-out", { params: { path } })) });
  const busy = agent.state === "talking" || agent.state === "wrap_up" || agent.state === "reserved" || agent.state === "dialing";
  return (
    <span className="row">
      {agent.state !== "paused" && (
        <ConfirmAction
          label={text.agents.pause}
          aria-label={`${text.agents.pause}: ${agent.name}`}
          title={text.agents.pauseTitle(agent.name)}
          consequence={busy ? text.agents.afterCall : text.agents.atOnce}
          verb={text.agents.pause}
          small
          act={() => pausing.mutateAsync()}
        />
      )}
      <ConfirmAction
        label={text.agents.signOut}
        aria-label={`${text.agents.signOut}: ${agent.name}`}
        title={text.agents.signOutTitle(agent.name)}
        consequence={busy ? text.agents.afterCall : text.agents.atOnce}
        verb={text.agents.signOut}
        look="danger"
        small
        act={() => leaving.mutateAsync()}
      />
    </span>
  );
}
