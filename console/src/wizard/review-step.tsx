import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { numbersQuery, recordListsQuery, usersQuery } from "../api/things";
import { byDay, WEEK_DAYS } from "../lib/calling-hours";
import { useFormat, useText } from "../text/text";
import type { Draft, Step } from "./draft";
import { Button } from "../ui/button";

interface ReviewProps {
  readonly draft: Draft;
  readonly onStep: (step: Step) => void;
}

/** Everything that was chosen, with the way back to each part of it. */
export function ReviewStep({ draft, onStep }: ReviewProps) {
  const text = useText();
  const format = useFormat();
  const lists = useQuery(recordListsQuery).data ?? [];
  const users = useQuery(usersQuery).data ?? [];
  const numbers = useQuery(numbersQuery).data ?? [];
  const named = (ids: readonly string[], things: readonly { readonly id: string; readonly name: string }[]) =>
    ids.length === 0 ? text.wizard.noneChosen : ids.map((id) => things.find((thing) => thing.id === id)?.name ?? id).join(", ");
  const days = byDay(draft.windows);
  const hours = WEEK_DAYS.filter((day) => days[day].length > 0).map(
    (day) => `${text.daysShort[day]} ${days[day].map((span) => `${span.from.slice(0, 5)}–${span.to.slice(0, 5)}`).join(", ")}`,
  );
  const parts: readonly (readonly [Step, ReactNode])[] = [
    ["mode", `${draft.name}, ${text.modes[draft.mode]}, ${text.wizard.priority.toLowerCase()} ${draft.priority}`],
    ["records", `${named(draft.lists, lists)}; ${draft.chain.map((item) => text.phoneTypes[item.type]).join(" → ")}`],
    ["hours", hours.join(" · ")],
    ["attempts", `${draft.maxAttempts}, ${text.wizard.every} ${draft.retryPeriod} ${text.timeUnits[draft.retryUnit]}`],
    [
      "pacing",
      draft.mode === "PREDICTIVE"
        ? text.wizard.reviewPacing(format.decimal(draft.abandonmentCap, 1), format.decimal(draft.dialingRatio, 1), draft.ringSeconds)
        : text.wizard.reviewRing(draft.ringSeconds),
    ],
    ["people", `${text.units.agents(draft.users.length)} (${named(draft.users.slice(0, 5), users)}); ${named(draft.numbers, numbers)}`],
    ["outcomes", text.wizard.reviewFinal(Object.entries(draft.outcomes).filter(([, rule]) => rule.after === "FINAL").length)],
  ];
  return (
    <dl className="review">
      {parts.map(([step, content]) => (
        <div key={step}>
          <dt>{text.wizard.steps[step]}</dt>
          <dd>
            <span>{content}</span>
            <Button small look="quiet" aria-label={`${text.actions.edit}: ${text.wizard.steps[step]}`} onPress={() => onStep(step)}>
              {text.actions.edit}
            </Button>
          </dd>
        </div>
      ))}
    </dl>
  );
}
