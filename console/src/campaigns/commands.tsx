import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, told } from "../api/client";
import type { CampaignStatus } from "../stream/topics";
import { useFormat, useText } from "../text/text";
import { ConfirmAction } from "../ui/confirm-action";

interface StartOrPauseProps {
  readonly campaign: { readonly id: string; readonly name: string; readonly status: CampaignStatus };
  readonly calls: number;
  readonly agents: number;
  /** Null before it is known. */
  readonly recordsLeft: number | null;
  readonly small?: boolean;
}

/** Asks for the campaign to run, or not to. What is shown changes when the engine has done so, not before. */
export function StartOrPause({ campaign, calls, agents, recordsLeft, small = false }: StartOrPauseProps) {
  const text = useText();
  const format = useFormat();
  const queries = useQueryClient();
  const asking = useMutation({
    mutationFn: (value: "running" | "paused") =>
      told(
        api.PATCH("/campaigns/{campaign_id}", {
          params: { path: { campaign_id: campaign.id } },
          body: { op: "REPLACE", path: "status", value },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["campaign", campaign.id] }),
  });
  if (campaign.status === "INCOMPLETE") return null;
  if (campaign.status === "RUNNING") {
    return (
      <ConfirmAction
        label={text.actions.pause}
        aria-label={`${text.actions.pause}: ${campaign.name}`}
        title={text.campaigns.pausing(campaign.name)}
        consequence={text.campaigns.pauseConsequence(calls)}
        verb={text.campaigns.pauseVerb}
        small={small}
        act={() => asking.mutateAsync("paused")}
      />
    );
  }
  return (
    <ConfirmAction
      label={text.actions.start}
      aria-label={`${text.actions.start}: ${campaign.name}`}
      title={text.campaigns.starting(campaign.name)}
      consequence={text.campaigns.startConsequence(recordsLeft === null ? null : format.number(recordsLeft), agents)}
      verb={text.campaigns.startVerb}
      look="primary"
      small={small}
      act={() => asking.mutateAsync("running")}
    />
  );
}
