import { useEffect, useRef } from "react";
import type { FieldProblem } from "../api/problem";
import { useText } from "../text/text";
import { fieldId } from "./field";

interface FormSummaryProps {
  readonly problems: readonly FieldProblem[];
  /** The label of a field by its name in the API. */
  readonly labelOf?: (name: string) => string;
}

/** All that is wrong with a form, each with a link to its field; takes the focus when it appears or changes. */
export function FormSummary({ problems, labelOf = (name) => name }: FormSummaryProps) {
  const text = useText();
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (problems.length > 0) box.current?.focus();
  }, [problems]);
  if (problems.length === 0) return null;
  // A field may stand for all that is in it: `users` for `users.0.id`.
  const go = (name: string) => {
    const parts = name.split(".");
    const places = parts.map((_, dropped) => parts.slice(0, parts.length - dropped).join("."));
    const field = places.map((place) => document.getElementById(fieldId(place))).find((found) => found !== null);
    field?.focus();
  };
  return (
    <div className="note tone-bad" role="alert" tabIndex={-1} ref={box}>
      <p className="note-title">{text.states.formSummary(problems.length)}</p>
      <ul>
        {problems.map((problem) => (
          <li key={problem.name}>
            <a
              href={`#${fieldId(problem.name)}`}
              onClick={(event) => {
                event.preventDefault();
                go(problem.name);
              }}
            >
              {labelOf(problem.name)}
            </a>
            : {problem.description}
          </li>
        ))}
      </ul>
    </div>
  );
}
