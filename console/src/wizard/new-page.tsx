import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useLocation } from "wouter";
import { api, told } from "../api/client";
import { ApiProblem } from "../api/problem";
import { differing } from "../lib/merge";
import { readSetting, writeSetting } from "../lib/settings";
import { useText } from "../text/text";
import { Button } from "../ui/button";
import { PageHead } from "../ui/page-head";
import { ProblemNote } from "../ui/problem-note";
import { FRESH, readDraft, toSettings, type Draft } from "./draft";
import { Wizard } from "./wizard";

/** Makes a campaign. What was chosen so far is kept on this browser until it is saved or discarded. */
export default function NewCampaignPage() {
  const text = useText();
  const [, navigate] = useLocation();
  const queries = useQueryClient();
  const [found, setFound] = useState(() => readDraft(readSetting("wizard-draft")));
  const [draft, setDraft] = useState<Draft>(FRESH);
  // A campaign that was made and whose settings were refused is gone on with, not made again.
  const [made, setMade] = useState<string | null>(null);
  useEffect(() => {
    if (differing(draft, FRESH).length > 0) writeSetting("wizard-draft", JSON.stringify(draft));
  }, [draft]);
  const saving = useMutation({
    mutationFn: async () => {
      const settings = toSettings(draft);
      const id = made ?? (await told(api.POST("/campaigns", { body: { name: settings.name } }))).id;
      setMade(id);
      await told(api.PUT("/v1/campaigns/{campaign_id}", { params: { path: { campaign_id: id } }, body: settings }));
      return id;
    },
    onSuccess: async (id) => {
      writeSetting("wizard-draft", null);
      await queries.invalidateQueries({ queryKey: ["campaign", id] });
      navigate(`/campaigns/${id}/live`);
    },
  });
  return (
    <>
      <PageHead title={text.wizard.newTitle} live={false} />
      {found !== null && (
        <div className="note tone-info" role="status">
          <p>{text.wizard.draftFound(found.name)}</p>
          <div className="row">
            <Button
              look="primary"
              onPress={() => {
                setDraft(found);
                setFound(null);
              }}
            >
              {text.wizard.draftContinue}
            </Button>
            <Button
              onPress={() => {
                writeSetting("wizard-draft", null);
                setFound(null);
              }}
            >
              {text.wizard.draftDiscard}
            </Button>
          </div>
        </div>
      )}
      <Wizard
        draft={draft}
        change={(part) => setDraft((before) => ({ ...before, ...part }))}
        verb={text.campaigns.create}
        isSaving={saving.isPending}
        refused={saving.error instanceof ApiProblem ? saving.error.fields : NO_PROBLEMS}
        onSave={() => saving.mutate()}
      >
        {saving.error && (
          <ProblemNote
            title={text.states.failedAction(text.campaigns.create)}
            error={saving.error}
            unchanged={made === null ? text.states.unchanged : text.wizard.madeIncomplete}
          />
        )}
      </Wizard>
    </>
  );
}

const NO_PROBLEMS = [] as const;
