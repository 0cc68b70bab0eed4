import { useEffect, useRef, useState, type ReactNode, type SubmitEvent } from "react";
import type { FieldProblem } from "../api/problem";
import { useText } from "../text/text";
import { Button } from "../ui/button";
import { FormSummary } from "../ui/form-summary";
import { problemsOf, STEPS, stepOf, type Draft, type Step } from "./draft";
import { HoursStep } from "./hours-step";
import { ReviewStep } from "./review-step";
import { AttemptsStep, ModeStep, OutcomesStep, PacingStep, PeopleStep, RecordsStep } from "./steps";
import "./wizard.css";

interface WizardProps {
  readonly draft: Draft;
  readonly change: (part: Partial<Draft>) => void;
  readonly verb: string;
  readonly isSaving: boolean;
  /** What the server found wrong, by the names of the API. */
  readonly refused: readonly FieldProblem[];
  readonly onSave: () => void;
  /** Above the buttons: a failure, a conflict. */
  readonly children?: ReactNode;
}

/** Seven steps and a review. Each can be reached at any time; Next looks at the step that is left. */
export function Wizard({ draft, change, verb, isSaving, refused, onSave, children }: WizardProps) {
  const text = useText();
  const [step, setStep] = useState<Step>("mode");
  const [looked, setLooked] = useState<readonly FieldProblem[]>([]);
  const heading = useRef<HTMLHeadingElement>(null);
  const arrived = useRef(false);
  const place = STEPS.indexOf(step);
  const problems = looked.length > 0 ? looked : refused;
  const here = problems.filter((problem) => stepOf(problem.name) === step);

  // What the server refuses is shown where it is edited.
  const [seen, setSeen] = useState(refused);
  if (refused !== seen) {
    setSeen(refused);
    const first = refused[0];
    if (first) setStep(stepOf(first.name));
  }
  useEffect(() => {
    if (arrived.current && here.length === 0) heading.current?.focus();
    arrived.current = true;
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the focus moves with the step alone
  }, [step]);

  const go = (to: Step) => {
    setLooked([]);
    setStep(to);
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const found = problemsOf(draft, text.wizard);
    const wrong = step === "review" ? found : found.filter((problem) => stepOf(problem.name) === step);
    setLooked(wrong);
    const first = wrong[0];
    if (first) setStep(stepOf(first.name));
    else if (step === "review") onSave();
    else go(STEPS[place + 1] ?? "review");
  };
  const props = { draft, change, problems: here };
  return (
    <div className="wizard">
      <ol className="wizard-steps" aria-label={text.wizard.stepsLabel}>
        {STEPS.map((name, number) => (
          <li key={name}>
            <button
              type="button"
              className="wizard-step"
              aria-current={name === step ? "step" : undefined}
              data-wrong={problems.some((problem) => stepOf(problem.name) === name) ? "" : undefined}
              onClick={() => go(name)}
            >
              <span className="wizard-number">{number + 1}</span> {text.wizard.steps[name]}
            </button>
          </li>
        ))}
      </ol>
      <form className="panel wizard-form" onSubmit={submit} noValidate>
        <h2 tabIndex={-1} ref={heading}>
          {place + 1}. {text.wizard.steps[step]}
        </h2>
        <FormSummary problems={here} labelOf={(name) => labelOf(text.wizard.fields, name)} />
        {step === "mode" && <ModeStep {...props} />}
        {step === "records" && <RecordsStep {...props} />}
        {step === "hours" && <HoursStep {...props} />}
        {step === "attempts" && <AttemptsStep {...props} />}
        {step === "pacing" && <PacingStep {...props} />}
        {step === "people" && <PeopleStep {...props} />}
        {step === "outcomes" && <OutcomesStep {...props} />}
        {step === "review" && <ReviewStep draft={draft} onStep={go} />}
        {children}
        <div className="form-actions">
          {place > 0 && <Button onPress={() => go(STEPS[place - 1] ?? "mode")}>{text.actions.back}</Button>}
          <Button type="submit" look="primary" isPending={isSaving}>
            {step === "review" ? verb : text.actions.next}
          </Button>
        </div>
      </form>
    </div>
  );
}

function labelOf(labels: Readonly<Record<string, string>>, name: string): string {
  const known = Object.keys(labels).find((key) => name === key || name.startsWith(`${key}.`));
  return known === undefined ? name : (labels[known] ?? name);
}
