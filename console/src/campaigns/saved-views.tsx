import { useState, type SubmitEvent } from "react";
import { Link } from "wouter";
import type { Filters } from "../lib/filters";
import { readSetting, writeSetting } from "../lib/settings";
import { readViews, sameFilters, searchOf, viewNamed, withoutView, withView, type SavedView } from "../lib/views";
import { useLogin } from "../session/session";
import { views as en } from "../text/en/views";
import { views as pt } from "../text/pt/views";
import { useText, useWords } from "../text/text";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Field } from "../ui/field";
import "./saved-views.css";

const WORDS = { en, pt };
const LONGEST_NAME = 40;

interface Done {
  readonly said: string;
  /** Takes back what was done, and that alone: another tab may have changed other views since. */
  readonly undo: ((views: readonly SavedView[]) => readonly SavedView[]) | null;
}

interface SavedViewsProps {
  /** As they are set now. */
  readonly filters: Filters;
  /** When nothing is filtered. */
  readonly unset: Filters;
}

/** The list's filters under names: kept at once, and undone as easily. */
export function SavedViews({ filters, unset }: SavedViewsProps) {
  const text = useText();
  const words = useWords(WORDS);
  // One browser may have several people.
  const setting = `view:campaigns:${useLogin().user.id}` as const;
  const [views, setViews] = useState(() => readViews(readSetting(setting)));
  const [done, setDone] = useState<Done | null>(null);
  const [naming, setNaming] = useState(false);
  const [name, setName] = useState("");

  const change = (how: (views: readonly SavedView[]) => readonly SavedView[]) => {
    const changed = how(readViews(readSetting(setting)));
    writeSetting(setting, JSON.stringify(changed));
    setViews(changed);
  };
  const save = (event: SubmitEvent) => {
    event.preventDefault();
    const view = { name: name.trim(), filters };
    const before = viewNamed(views, view.name);
    change((all) => withView(all, view));
    setDone(
      before === undefined
        ? { said: words.saved(view.name), undo: (all) => withoutView(all, view.name) }
        : { said: words.replaced(view.name), undo: (all) => withView(all, before) },
    );
    setNaming(false);
    setName("");
  };
  const remove = (view: SavedView) => {
    change((all) => withoutView(all, view.name));
    setDone({ said: words.removed(view.name), undo: (all) => withView(all, view) });
  };
  return (
    <div className="row">
      {views.length > 0 && (
        <ul className="saved-views" aria-label={words.title}>
          {views.map((view) => (
            <li key={view.name}>
              <Link href={`/campaigns${searchOf(view.filters)}`} aria-current={sameFilters(view.filters, filters) ? "true" : undefined}>
                {view.name}
              </Link>
              <Button small look="quiet" aria-label={words.remove(view.name)} onPress={() => remove(view)}>
                ×
              </Button>
            </li>
          ))}
        </ul>
      )}
      {!sameFilters(filters, unset) && (
        <Button small onPress={() => setNaming(true)}>
          {words.save}
        </Button>
      )}
      <span role="status">{done?.said}</span>
      {done?.undo != null && (
        <Button
          small
          // The button that was pressed may be gone.
          key={done.said}
          autoFocus
          onPress={() => {
            if (done.undo !== null) change(done.undo);
            setDone({ said: words.undone, undo: null });
          }}
        >
          {words.undo}
        </Button>
      )}
      <Dialog title={words.save} isOpen={naming} onClose={() => setNaming(false)}>
        <form className="stack" onSubmit={save}>
          <Field label={words.name} hint={words.saveAbout}>
            {(control) => (
              <input {...control} required autoFocus pattern=".*\S.*" maxLength={LONGEST_NAME} value={name} onChange={(event) => setName(event.target.value)} />
            )}
          </Field>
          <div className="dialog-actions">
            <Button onPress={() => setNaming(false)}>{text.actions.cancel}</Button>
            <Button type="submit" look="primary">
              {text.actions.save}
            </Button>
          </div>
        </form>
      </Dialog>
    </div>
  );
}
