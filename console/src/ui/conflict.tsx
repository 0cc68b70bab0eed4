import { useState } from "react";
import { differing, merged, type Clash } from "../lib/merge";
import { conflict as en } from "../text/en/conflict";
import { conflict as pt } from "../text/pt/conflict";
import { useFormat, useWords } from "../text/text";
import { Button } from "./button";
import "./conflict.css";

const WORDS = { en, pt };

interface ConflictProps<T> {
  readonly what: "campaign" | "template";
  readonly clash: Clash<T>;
  readonly mine: T;
  /** What each member is called. */
  readonly labels: Readonly<Record<keyof T, string>>;
  readonly onMerged: (merged: T) => void;
}

/** Somebody else has changed what is being edited: field by field, mine or theirs. */
export function Conflict<T extends object>({ what, clash, mine, labels, onMerged }: ConflictProps<T>) {
  const words = useWords(WORDS);
  const format = useFormat();
  const title = words[what];
  const theirs = differing(clash.base, clash.theirs);
  const ours = differing(clash.base, mine);
  const [keepMine, setKeepMine] = useState<readonly (keyof T)[]>([]);
  const both = theirs.filter((member) => ours.includes(member));
  return (
    <section className="panel conflict" aria-label={title}>
      <h2 tabIndex={-1}>{title}</h2>
      <p>{words.about(clash.at === null ? null : format.dateTime(clash.at))}</p>
      <div className="table-scroll" tabIndex={0} role="group" aria-label={title}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{words.field}</th>
              <th scope="col">{words.mine}</th>
              <th scope="col">{words.theirs}</th>
              <th scope="col">{words.take}</th>
            </tr>
          </thead>
          <tbody>
            {theirs.map((member) => (
              <tr key={String(member)}>
                <th scope="row">{labels[member]}</th>
                <td>{show(mine[member])}</td>
                <td>{show(clash.theirs[member])}</td>
                <td>
                  {both.includes(member) ? (
                    <select
                      className="input"
                      aria-label={`${words.take}: ${labels[member]}`}
                      value={keepMine.includes(member) ? "mine" : "theirs"}
                      onChange={(event) =>
                        setKeepMine(event.target.value === "mine" ? [...keepMine, member] : keepMine.filter((other) => other !== member))
                      }
                    >
                      <option value="theirs">{words.theirs}</option>
                      <option value="mine">{words.mine}</option>
                    </select>
                  ) : (
                    words.theirs
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="soft">{words.rest}</p>
      <div className="form-actions">
        <Button look="primary" autoFocus onPress={() => onMerged(merged(clash, mine, keepMine))}>
          {words.merge}
        </Button>
      </div>
    </section>
  );
}

function show(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
