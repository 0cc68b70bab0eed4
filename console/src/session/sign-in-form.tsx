import { useMutation } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { ApiProblem } from "../api/problem";
import { useText, type Text } from "../text/text";
import { Button } from "../ui/button";
import { Field } from "../ui/field";
import { ProblemNote } from "../ui/problem-note";
import { PasswordField } from "./password-field";
import { signIn } from "./session";

interface SignInFormProps {
  /** Known when a session has ended: nobody else may go on with the page. */
  readonly email?: string;
  readonly onSignedIn?: () => void;
}

export function SignInForm({ email: known, onSignedIn }: SignInFormProps) {
  const text = useText();
  const [email, setEmail] = useState(known ?? "");
  const [password, setPassword] = useState("");
  const entering = useMutation({ mutationFn: () => signIn(email, password), onSuccess: () => onSignedIn?.() });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    entering.mutate();
  };
  return (
    <form className="stack" onSubmit={submit}>
      {entering.error && <ProblemNote title={refusal(text, entering.error)} error={entering.error} takesFocus />}
      <Field label={text.signIn.email}>
        {(control) => (
          <input
            {...control}
            type="email"
            autoComplete="username"
            required
            readOnly={known !== undefined}
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
        )}
      </Field>
      <PasswordField label={text.signIn.password} value={password} onChange={setPassword} />
      <Button type="submit" look="primary" isPending={entering.isPending}>
        {text.signIn.submit}
      </Button>
    </form>
  );
}

function refusal(text: Text, error: Error): string {
  if (!(error instanceof ApiProblem)) return text.states.failedAction(text.signIn.submit);
  if (error.status === 401) return text.signIn.refused;
  if (error.status === 429) return text.signIn.tooMany(null);
  return text.states.failedAction(text.signIn.submit);
}
