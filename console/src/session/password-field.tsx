import { Field } from "../ui/field";

interface PasswordFieldProps {
  readonly label: string;
  readonly name?: string;
  readonly error?: string | undefined;
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** Whether it is to be chosen here: what browsers offer to fill in depends on it. */
  readonly isNew?: boolean;
}

export function PasswordField({ value, onChange, isNew = false, ...field }: PasswordFieldProps) {
  return (
    <Field {...field}>
      {(control) => (
        <input
          {...control}
          type="password"
          autoComplete={isNew ? "new-password" : "current-password"}
          required
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
