import { useQuery } from "@tanstack/react-query";
import { memo, type ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { IfCan } from "../session/session";
import type { CampaignTopic } from "../stream/topics";
import { useText } from "../text/text";
import { ButtonLink } from "../ui/button";
import { PageHead } from "../ui/page-head";
import { ReasonLine } from "../ui/reason-line";
import { StatePill } from "../ui/state-pill";
import { StartOrPause } from "./commands";
import { campaignSettings } from "./queries";

interface CampaignHeadProps {
  readonly id: string;
  /** The live figures, once they are there. */
  readonly topic: CampaignTopic | undefined;
  readonly actions?: ReactNode;
}

const VIEWS = ["live", "records", "results", "forecast", "audit"] as const;

/** Name, state, reason and commands of a campaign, and the way between its views. */
export function CampaignHead({ id, topic, actions }: CampaignHeadProps) {
  const text = useText();
  const settings = useQuery({ ...campaignSettings(id), enabled: topic === undefined });
  const name = topic?.campaign.name ?? settings.data?.body.name ?? text.campaigns.title;
  return (
    <>
      <PageHead
        title={name}
        state={topic && <StatePill status={topic.campaign.status} activity={topic.activity.activity} />}
        reason={
          topic && (
            <>
              <p className="soft">{text.live.header(text.modes[topic.campaign.mode ?? "none"], topic.campaign.priority)}</p>
              <ReasonLine status={topic.campaign.status} doing={topic.activity} />
            </>
          )
        }
        actions={
          <>
            {actions}
            <IfCan scope="campaigns:write">
              <ButtonLink href={`/campaigns/${id}/edit`}>{text.live.edit}</ButtonLink>
              {topic && (
                <StartOrPause
                  campaign={topic.campaign}
                  calls={topic.calls?.in_flight ?? 0}
                  agents={topic.agents?.total ?? 0}
                  recordsLeft={topic.records ? topic.records.total - topic.records.final : null}
                />
              )}
            </IfCan>
          </>
        }
      />
      <Views id={id} />
    </>
  );
}

const Views = memo(function Views({ id }: { readonly id: string }) {
  const text = useText();
  const [path] = useLocation();
  return (
    <nav className="tabs" aria-label={text.campaigns.viewsLabel}>
      {VIEWS.map((view) => {
        const href = `/campaigns/${id}/${view}`;
        return (
          <Link key={view} href={href} className="tab" aria-current={path === href ? "page" : undefined}>
            {text.campaigns.views[view]}
          </Link>
        );
      })}
    </nav>
  );
});
