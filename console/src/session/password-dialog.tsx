import { useMutation } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { ask } from "../api/client";
import { ApiProblem } from "../api/problem";
import { useText } from "../text/text";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { ProblemNote } from "../ui/problem-note";
import { PasswordField } from "./password-field";

export function PasswordDialog({ isOpen, onClose }: { readonly isOpen: boolean; readonly onClose: () => void }) {
  const text = useText();
  return (
    <Dialog title={text.signIn.changePassword} isOpen={isOpen} onClose={onClose}>
      <PasswordForm onDone={onClose} />
    </Dialog>
  );
}

function PasswordForm({ onDone }: { readonly onDone: () => void }) {
  const text = useText();
  const [old, setOld] = useState("");
  const [password, setPassword] = useState("");
  const changing = useMutation({ mutationFn: () => ask("PUT", "/v1/login/password", { old_password: old, password }) });
  const fields = changing.error instanceof ApiProblem ? changing.error.fields : [];
  const errorOf = (name: string) => fields.find((field) => field.name === name)?.description;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    changing.mutate();
  };
  if (changing.isSuccess) {
    return (
      <>
        <p role="status">{text.signIn.passwordChanged}</p>
        <div className="dialog-actions">
          <Button autoFocus onPress={onDone}>
            {text.actions.close}
          </Button>
        </div>
      </>
    );
  }
  return (
    <form className="stack" onSubmit={submit}>
      {changing.error && (
        <ProblemNote
          title={text.states.failedAction(text.signIn.changePassword)}
          error={changing.error}
          unchanged={text.states.unchanged}
          takesFocus
        />
      )}
      <PasswordField label={text.signIn.oldPassword} name="old_password" error={errorOf("old_password")} value={old} onChange={setOld} />
      <PasswordField label={text.signIn.newPassword} name="password" error={errorOf("password")} value={password} onChange={setPassword} isNew />
      <div className="dialog-actions">
        <Button onPress={onDone}>{text.actions.cancel}</Button>
        <Button type="submit" look="primary" isPending={changing.isPending}>
          {text.actions.save}
        </Button>
      </div>
    </form>
  );
}
