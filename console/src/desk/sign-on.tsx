import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, told, type Schema } from "../api/client";
import { deskCampaigns as en } from "../text/en/desk-campaigns";
import { useLate } from "../text/late";
import { deskCampaigns as pt } from "../text/pt/desk-campaigns";
import { useText } from "../text/text";
import { Button } from "../ui/button";
import { Loaded, Panel } from "../ui/panel";
import { Pill } from "../ui/pill";
import type { Run } from "./page";
import { takesCalls } from "./state";
import type { Desk } from "./use-desk";

interface SignOnProps {
  readonly desk: Desk;
  readonly run: Run;
  readonly busy: boolean;
}

const WORDS = { en, pt };
const NOTHING: ReadonlySet<string> = new Set();

/** Before work: for whom, and off. */
export function SignOn({ desk, run, busy }: SignOnProps) {
  const text = useText();
  const words = useLate(WORDS);
  const offered = useQuery({ queryKey: ["desk-campaigns"], queryFn: () => told(api.GET("/v1/desk/campaigns")) });
  const [left, setLeft] = useState<ReadonlySet<string>>(NOTHING);
  const campaigns = offered.data?.campaigns ?? [];
  const chosen = campaigns.filter((campaign) => !left.has(campaign.id));
  const isEmpty = campaigns.length > 0 && chosen.length === 0;
  // Whoever leaves out none works for all, also for those that they are assigned to later.
  const begin = (ready: boolean) =>
    run(text.desk.signOn, () => desk.signOn(chosen.length === campaigns.length ? null : chosen.map((campaign) => campaign.id), ready));
  return (
    <div className="desk-sign-on">
      {desk.state.ended && (
        <div className="note tone-warn" role="status">
          <p className="note-title">{text.desk.endedTitle}</p>
          <p>{text.desk.ended}</p>
        </div>
      )}
      <Panel title={text.desk.signOnTitle}>
        <p className="soft">{text.desk.signOnAbout}</p>
        <Loaded query={offered} what={words.title} height={60}>
          {() => <Choice campaigns={campaigns} left={left} onChange={setLeft} />}
        </Loaded>
        {isEmpty && (
          <p className="field-error" role="alert">
            {words.choose}
          </p>
        )}
        <div className="form-actions">
          <Button look="primary" isPending={busy} isDisabled={isEmpty || !takesCalls(desk.phone)} onPress={() => begin(true)}>
            {text.desk.signOn}
          </Button>
          <Button isDisabled={busy || isEmpty} onPress={() => begin(false)}>
            {text.desk.signOnPaused}
          </Button>
        </div>
      </Panel>
    </div>
  );
}

interface ChoiceProps {
  readonly campaigns: readonly Schema["DeskCampaignShown"][];
  readonly left: ReadonlySet<string>;
  readonly onChange: (left: ReadonlySet<string>) => void;
}

/** The campaigns that one is assigned to; all are chosen until one is left out. */
function Choice({ campaigns, left, onChange }: ChoiceProps) {
  const text = useText();
  const words = useLate(WORDS);
  if (campaigns.length === 0) return <p className="soft">{words.none}</p>;
  const toggle = (id: string) => onChange(left.has(id) ? new Set([...left].filter((one) => one !== id)) : new Set([...left, id]));
  return (
    <fieldset className="stack">
      <legend className="field-label">{words.title}</legend>
      {campaigns.map((campaign) => (
        <label key={campaign.id} className="row">
          <input type="checkbox" checked={!left.has(campaign.id)} onChange={() => toggle(campaign.id)} />
          {campaign.name}
          <span className="soft small">{text.modes[campaign.mode ?? "none"]}</span>
          {campaign.status !== "RUNNING" && (
            <Pill tone="neutral" shape="ring">
              {text.campaignStates[campaign.status]}
            </Pill>
          )}
        </label>
      ))}
    </fieldset>
  );
}
