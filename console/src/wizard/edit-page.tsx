import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation, useParams } from "wouter";
import { api, tagged, told } from "../api/client";
import { ApiProblem } from "../api/problem";
import { campaignSettings } from "../campaigns/queries";
import type { Clash } from "../lib/merge";
import { useText } from "../text/text";
import { Conflict } from "../ui/conflict";
import { PageHead } from "../ui/page-head";
import { Loaded } from "../ui/panel";
import { ProblemNote } from "../ui/problem-note";
import { fromSettings, toSettings, type Draft, type SettingsShown } from "./draft";
import { Wizard } from "./wizard";

interface Loading {
  readonly body: SettingsShown;
  readonly tag: string;
}

/** Changes a campaign, also while it runs. */
export default function EditCampaignPage() {
  const { id } = useParams<{ id: string }>();
  const text = useText();
  // What others change meanwhile must not replace what is being typed: they meet when it is saved.
  const settings = useQuery({ ...campaignSettings(id), staleTime: Infinity, gcTime: 0 });
  return (
    <>
      <PageHead title={settings.data ? text.wizard.editTitle(settings.data.body.name) : text.actions.edit} live={false} />
      <Loaded query={settings} what={text.wizard.settings} height={480}>
        {(loaded) => <Editor id={id} loaded={loaded} />}
      </Loaded>
    </>
  );
}

function Editor({ id, loaded }: { readonly id: string; readonly loaded: Loading }) {
  const text = useText();
  const [, navigate] = useLocation();
  const queries = useQueryClient();
  const [base, setBase] = useState(() => ({ draft: fromSettings(loaded.body), tag: loaded.tag }));
  const [draft, setDraft] = useState<Draft>(base.draft);
  const [clash, setClash] = useState<Clash<Draft> | null>(null);
  const path = { campaign_id: id };

  const saving = useMutation({
    mutationFn: () =>
      told(
        api.PUT("/v1/campaigns/{campaign_id}", {
          params: { path, header: { "If-Match": base.tag } },
          body: toSettings(draft),
        }),
      ),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["campaign", id] });
      navigate(`/campaigns/${id}/live`);
    },
    onError: async (error) => {
      if (!(error instanceof ApiProblem) || error.status !== 412) return;
      const current = await tagged(api.GET("/v1/campaigns/{campaign_id}", { params: { path } }));
      const changes = await told(api.GET("/v1/campaigns/{campaign_id}/audit", { params: { path, query: { per_page: 1 } } }));
      const last = changes._embedded.changes[0];
      setClash({ base: base.draft, theirs: fromSettings(current.body), tag: current.tag, at: last?.at ?? null });
    },
  });
  const merge = (merged: Draft, against: Clash<Draft>) => {
    setDraft(merged);
    setBase({ draft: against.theirs, tag: against.tag });
    setClash(null);
    saving.reset();
  };
  if (clash !== null) {
    return (
      <Conflict
        what="campaign"
        clash={clash}
        mine={draft}
        labels={text.wizard.members}
        onMerged={(merged) => merge(merged, clash)}
      />
    );
  }
  return (
    <Wizard
      draft={draft}
      change={(part) => setDraft((before) => ({ ...before, ...part }))}
      verb={text.actions.save}
      isSaving={saving.isPending}
      refused={saving.error instanceof ApiProblem ? saving.error.fields : NO_PROBLEMS}
      onSave={() => saving.mutate()}
    >
      {saving.error && (
        <ProblemNote title={text.states.failedAction(text.actions.save)} error={saving.error} unchanged={text.states.unchanged} />
      )}
    </Wizard>
  );
}

const NO_PROBLEMS = [] as const;
