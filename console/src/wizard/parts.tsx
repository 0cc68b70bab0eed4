import type { ReactNode } from "react";
import type { FieldProblem } from "../api/problem";
import { useText } from "../text/text";
import { Field, fieldId } from "../ui/field";
import { errorOf } from "../ui/problem-of";
import { RANGES, type Draft, type NumberName, type TimeUnit } from "./draft";

export interface StepProps {
  readonly draft: Draft;
  readonly change: (part: Partial<Draft>) => void;
  readonly problems: readonly FieldProblem[];
}

interface NumberFieldProps {
  readonly name: NumberName;
  readonly label: string;
  readonly hint?: ReactNode;
  readonly value: number;
  readonly step?: number;
  readonly problems: readonly FieldProblem[];
  readonly onChange: (value: number) => void;
}

export function NumberField({ name, label, hint, value, step = 1, problems, onChange }: NumberFieldProps) {
  const [least, most] = RANGES[name];
  return (
    <Field label={label} name={name} hint={hint} error={errorOf(problems, name)}>
      {(control) => (
        <input
          {...control}
          className="input input-short"
          type="number"
          min={least}
          max={most}
          step={step}
          value={Number.isNaN(value) ? "" : value}
          onChange={(event) => onChange(event.target.valueAsNumber)}
        />
      )}
    </Field>
  );
}

interface RowNumberProps {
  /** Dotted, as in the API. */
  readonly name: string;
  readonly label: string;
  readonly range: readonly [number, number];
  readonly value: number;
  readonly problems: readonly FieldProblem[];
  readonly onChange: (value: number) => void;
}

/** A number in a row with others, whose label is read aloud alone. */
export function RowNumber({ name, label, range: [least, most], value, problems, onChange }: RowNumberProps) {
  const error = errorOf(problems, name);
  const id = fieldId(name);
  return (
    <>
      <input
        id={id}
        className="input chain-number"
        type="number"
        min={least}
        max={most}
        aria-label={label}
        aria-invalid={error === undefined ? undefined : true}
        aria-describedby={error === undefined ? undefined : `${id}-error`}
        value={Number.isNaN(value) ? "" : value}
        onChange={(event) => onChange(event.target.valueAsNumber)}
      />
      {error !== undefined && (
        <span className="field-error" id={`${id}-error`}>
          {error}
        </span>
      )}
    </>
  );
}

interface UnitProps {
  readonly label: string;
  readonly value: TimeUnit;
  readonly onChange: (unit: TimeUnit) => void;
}

const UNITS: readonly TimeUnit[] = ["SECONDS", "MINUTES", "HOURS", "DAYS"];

export function UnitSelect({ label, value, onChange }: UnitProps) {
  const text = useText();
  return (
    <select className="input input-short" aria-label={label} value={value} onChange={(event) => onChange(event.target.value as TimeUnit)}>
      {UNITS.map((unit) => (
        <option key={unit} value={unit}>
          {text.timeUnits[unit]}
        </option>
      ))}
    </select>
  );
}

interface CheckProps {
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly children: ReactNode;
}

export function Check({ checked, onChange, children }: CheckProps) {
  return (
    <label className="check">
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.target.checked)} />
      <span>{children}</span>
    </label>
  );
}
