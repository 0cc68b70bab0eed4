import { useId, type ReactNode } from "react";
import { useText } from "../text/text";

interface ControlProps {
  readonly id: string;
  readonly className: string;
  readonly "aria-invalid"?: true;
  readonly "aria-describedby"?: string;
}

interface FieldProps {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly error?: string | undefined;
  readonly optional?: boolean;
  /** The dotted name of the member in the API's errors; the form's summary leads here by it. */
  readonly name?: string;
  readonly children: (control: ControlProps) => ReactNode;
}

/** A label, a control, its hint and its error, tied together. */
export function Field({ label, hint, error, optional = false, name, children }: FieldProps) {
  const text = useText();
  const own = useId();
  const id = name === undefined ? own : fieldId(name);
  const described = [hint !== undefined && `${id}-hint`, error !== undefined && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div className="field">
      <label className="field-label" htmlFor={id}>
        {label}
        {optional && <span className="soft"> ({text.states.optional})</span>}
      </label>
      {children({
        id,
        className: "input",
        ...(error !== undefined && { "aria-invalid": true as const }),
        ...(described !== "" && { "aria-describedby": described }),
      })}
      {hint !== undefined && (
        <p className="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error !== undefined && (
        <p className="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}

export const fieldId = (name: string): string => `field-${name}`;
