import { useState } from "react";
import { useFormat, useText } from "../text/text";
import { Button } from "../ui/button";
import { differing, type Draft } from "./draft";

export interface Clash {
  /** What the edit began from. */
  readonly base: Draft;
  readonly theirs: Draft;
  /** Of theirs: what the next attempt names. */
  readonly tag: string;
  /** When theirs was made, if that is known. */
  readonly at: string | null;
}

interface ConflictProps {
  readonly clash: Clash;
  readonly mine: Draft;
  readonly onMerged: (merged: Draft) => void;
}

/** Somebody else has changed the campaign meanwhile: field by field, mine or theirs. */
export function Conflict({ clash, mine, onMerged }: ConflictProps) {
  const text = useText();
  const format = useFormat();
  const theirs = differing(clash.base, clash.theirs);
  const ours = differing(clash.base, mine);
  const [keepMine, setKeepMine] = useState<readonly (keyof Draft)[]>([]);
  const both = theirs.filter((member) => ours.includes(member));
  const merged = mergedDraft(clash, mine, keepMine);
  return (
    <section className="panel wizard-form conflict" aria-label={text.conflict.title}>
      <h2 tabIndex={-1}>{text.conflict.title}</h2>
      <p>{text.conflict.about(clash.at === null ? null : format.dateTime(clash.at))}</p>
      <div className="table-scroll" tabIndex={0} role="group" aria-label={text.conflict.title}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{text.conflict.field}</th>
              <th scope="col">{text.conflict.mine}</th>
              <th scope="col">{text.conflict.theirs}</th>
              <th scope="col">{text.conflict.take}</th>
            </tr>
          </thead>
          <tbody>
            {theirs.map((member) => (
              <tr key={member}>
                <th scope="row">{text.wizard.members[member]}</th>
                <td>{show(mine[member])}</td>
                <td>{show(clash.theirs[member])}</td>
                <td>
                  {both.includes(member) ? (
                    <select
                      className="input"
                      aria-label={`${text.conflict.take}: ${text.wizard.members[member]}`}
                      value={keepMine.includes(member) ? "mine" : "theirs"}
                      onChange={(event) =>
                        setKeepMine(event.target.value === "mine" ? [...keepMine, member] : keepMine.filter((other) => other !== member))
                      }
                    >
                      <option value="theirs">{text.conflict.theirs}</option>
                      <option value="mine">{text.conflict.mine}</option>
                    </select>
                  ) : (
                    text.conflict.theirs
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="soft">{text.conflict.rest}</p>
      <div className="form-actions">
        <Button look="primary" autoFocus onPress={() => onMerged(merged)}>
          {text.conflict.merge}
        </Button>
      </div>
    </section>
  );
}

/** Theirs, with what only we changed, and with what both changed as it was chosen. */
export function mergedDraft(clash: Clash, mine: Draft, keepMine: readonly (keyof Draft)[]): Draft {
  const theirs = differing(clash.base, clash.theirs);
  const kept = differing(clash.base, mine).filter((member) => !theirs.includes(member) || keepMine.includes(member));
  return { ...clash.theirs, ...Object.fromEntries(kept.map((member) => [member, mine[member]])) };
}

function show(value: Draft[keyof Draft]): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
