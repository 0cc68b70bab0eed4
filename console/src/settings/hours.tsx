import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { api, tagged, told } from "../api/client";
import { ApiProblem, type FieldProblem } from "../api/problem";
import { bodyOf, draftOf, type HourTemplate, type TemplateDraft } from "../hours/draft";
import { EditHours } from "../hours/edit-hours";
import { createTemplate, hourTemplateQuery, hourTemplatesQuery } from "../hours/templates";
import { useHoursText } from "../hours/words";
import { weekInWords } from "../lib/calling-hours";
import type { Clash } from "../lib/merge";
import { useMayChange } from "../session/session";
import { useText } from "../text/text";
import { Button } from "../ui/button";
import { Conflict } from "../ui/conflict";
import { ConfirmAction } from "../ui/confirm-action";
import { DataTable } from "../ui/data-table";
import { Field } from "../ui/field";
import { FormSummary } from "../ui/form-summary";
import { Empty, Loaded, Panel } from "../ui/panel";
import { errorOf, fieldsOf, ProblemOf } from "../ui/problem-of";

const FRESH: TemplateDraft = {
  name: "",
  windows: [{ from: "09:00:00", to: "18:00:00", week_days: ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"] }],
  exceptions: [],
  holidays: [],
};
const LONGEST_NAME = 60;

/** Hours that campaigns start from. */
export default function HourTemplates() {
  const [edited, setEdited] = useState<HourTemplate | "new" | null>(null);
  const [returned, setReturned] = useState(false);
  const close = () => {
    setEdited(null);
    setReturned(true);
  };
  if (edited === null) return <Templates onEdit={setEdited} takesFocus={returned} />;
  return edited === "new" ? <Editor id={null} base={FRESH} tag="" onDone={close} /> : <Change template={edited} onDone={close} />;
}

interface TemplatesProps {
  readonly onEdit: (template: HourTemplate | "new") => void;
  /** After an edit, whose form had the focus. */
  readonly takesFocus: boolean;
}

function Templates({ onEdit, takesFocus }: TemplatesProps) {
  const text = useText();
  const words = useHoursText();
  const writes = useMayChange()("campaigns:write");
  const templates = useQuery(hourTemplatesQuery);
  const make = writes && (
    <Button look="primary" autoFocus={takesFocus} onPress={() => onEdit("new")}>
      {words.newTemplate}
    </Button>
  );
  return (
    <>
      <p className="soft">{words.templatesAbout}</p>
      <Panel title={text.settings.parts.hours} actions={templates.data?.length !== 0 && make} flush>
        <Loaded query={templates} what={text.settings.parts.hours}>
          {(found) =>
            found.length === 0 ? (
              <Empty action={make}>{words.noTemplates}</Empty>
            ) : (
              <DataTable
                label={text.settings.parts.hours}
                rows={found}
                idOf={(template) => template.id}
                columns={[
                  { id: "name", label: text.campaigns.name, cell: (template) => template.name },
                  { id: "hours", label: text.settings.hours, cell: (template) => <Summary template={template} /> },
                  {
                    id: "actions",
                    label: text.campaigns.actions,
                    cell: (template) =>
                      writes && (
                        <div className="row row-end">
                          <Button small aria-label={`${text.actions.edit}: ${template.name}`} onPress={() => onEdit(template)}>
                            {text.actions.edit}
                          </Button>
                          <Remove template={template} />
                        </div>
                      ),
                  },
                ]}
              />
            )
          }
        </Loaded>
      </Panel>
    </>
  );
}

function Summary({ template }: { readonly template: HourTemplate }) {
  const text = useText();
  const words = useHoursText();
  const { exceptions, holidays } = template;
  const days = [
    ...(exceptions.length > 0 ? [words.otherDays(exceptions.length)] : []),
    ...(holidays.length > 0 ? [words.closedOn(holidays.join(", "))] : []),
  ];
  return (
    <>
      {weekInWords(template.calling_hours, text.daysShort)}
      {days.length > 0 && <div className="soft small">{days.join(" · ")}</div>}
    </>
  );
}

function Remove({ template }: { readonly template: HourTemplate }) {
  const text = useText();
  const words = useHoursText();
  const queries = useQueryClient();
  const removing = useMutation({
    mutationFn: () => told(api.DELETE("/v1/hour-templates/{template_id}", { params: { path: { template_id: template.id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: hourTemplatesQuery.queryKey }),
  });
  return (
    <ConfirmAction
      label={text.actions.remove}
      aria-label={`${text.actions.remove}: ${template.name}`}
      title={words.removeTemplate(template.name)}
      consequence={words.removeTemplateAbout}
      verb={text.actions.remove}
      look="danger"
      small
      act={() => removing.mutateAsync()}
    />
  );
}

function Change({ template, onDone }: { readonly template: HourTemplate; readonly onDone: () => void }) {
  const words = useHoursText();
  // What others change meanwhile must not replace what is being typed: they meet when it is saved.
  const loaded = useQuery({ ...hourTemplateQuery(template.id), staleTime: Infinity, gcTime: 0 });
  return (
    <Loaded query={loaded} what={words.editTemplate(template.name)} height={480}>
      {({ body, tag }) => <Editor id={body.id} base={draftOf(body)} tag={tag} onDone={onDone} />}
    </Loaded>
  );
}

interface EditorProps {
  /** Null for a new one. */
  readonly id: string | null;
  readonly base: TemplateDraft;
  readonly tag: string;
  readonly onDone: () => void;
}

function Editor({ id, base, tag, onDone }: EditorProps) {
  const text = useText();
  const words = useHoursText();
  const queries = useQueryClient();
  const [began, setBegan] = useState({ draft: base, tag });
  const [draft, setDraft] = useState(base);
  const [looked, setLooked] = useState<readonly FieldProblem[]>([]);
  const [clash, setClash] = useState<Clash<TemplateDraft> | null>(null);
  const saving = useMutation({
    mutationFn: () =>
      id === null
        ? createTemplate(draft)
        : told(
            api.PUT("/v1/hour-templates/{template_id}", {
              params: { path: { template_id: id }, header: { "If-Match": began.tag } },
              body: bodyOf(draft),
            }),
          ),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: hourTemplatesQuery.queryKey });
      onDone();
    },
    onError: async (error) => {
      if (id === null || !(error instanceof ApiProblem) || error.status !== 412) return;
      const current = await tagged(api.GET("/v1/hour-templates/{template_id}", { params: { path: { template_id: id } } }));
      setClash({ base: began.draft, theirs: draftOf(current.body), tag: current.tag, at: current.body.updated_at });
    },
  });
  const merge = (merged: TemplateDraft, against: Clash<TemplateDraft>) => {
    setDraft(merged);
    setBegan({ draft: against.theirs, tag: against.tag });
    setClash(null);
    saving.reset();
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const wrong = [
      ...(draft.name.trim() === "" ? [{ name: "name", description: words.templateNameMissing }] : []),
      ...(draft.windows.length === 0 ? [{ name: "calling_hours", description: text.wizard.noHours }] : []),
    ];
    setLooked(wrong);
    if (wrong.length === 0) saving.mutate();
  };
  const title = id === null ? words.newTemplate : words.editTemplate(began.draft.name);
  const problems = looked.length > 0 ? looked : fieldsOf(saving.error);
  if (clash !== null) {
    return (
      <Conflict
        what="template"
        clash={clash}
        mine={draft}
        labels={words.members}
        onMerged={(merged) => merge(merged, clash)}
      />
    );
  }
  return (
    <Panel title={title}>
      <form className="stack" onSubmit={submit} noValidate>
        <FormSummary problems={problems} labelOf={(name) => text.wizard.fields[name] ?? text.settings.parts.hours} />
        <Field label={words.templateName} name="name" error={errorOf(problems, "name")}>
          {(control) => (
            <input
              {...control}
              autoFocus
              maxLength={LONGEST_NAME}
              value={draft.name}
              onChange={(event) => setDraft((before) => ({ ...before, name: event.target.value }))}
            />
          )}
        </Field>
        <EditHours
          hours={draft}
          change={(part) => setDraft((before) => ({ ...before, ...part }))}
          problems={problems}
          windowsName="calling_hours"
        />
        {id !== null && <p className="soft">{words.removeTemplateAbout}</p>}
        <ProblemOf of={saving} what={text.actions.save} />
        <div className="form-actions">
          <Button onPress={onDone}>{text.actions.cancel}</Button>
          <Button type="submit" look="primary" isPending={saving.isPending}>
            {text.actions.save}
          </Button>
        </div>
      </form>
    </Panel>
  );
}
