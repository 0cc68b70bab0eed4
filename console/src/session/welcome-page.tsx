import { useMutation, useQuery } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { useLocation } from "wouter";
import { ask } from "../api/client";
import { ApiProblem } from "../api/problem";
import { Brand } from "../shell/brand";
import { useText } from "../text/text";
import { Button } from "../ui/button";
import { Field } from "../ui/field";
import { ProblemNote } from "../ui/problem-note";
import { session, type Login } from "./store";

interface MeantFor {
  readonly name: string;
  readonly email: string;
}

/** Where one-time links lead: of the first administrator, and of those who got a new password. */
export function WelcomePage() {
  const text = useText();
  // The secret is in the part of the address that is never sent; it leaves the address bar and history at once.
  const [token] = useState(takeToken);
  const whose = useQuery({
    queryKey: ["welcome", token],
    queryFn: () => ask<MeantFor>("POST", "/v1/login/link/peek", { token }),
    enabled: token !== "",
    retry: false,
  });
  return (
    <main className="signin">
      <div className="signin-card">
        <Brand />
        <h1>{text.signIn.welcome}</h1>
        {token === "" && <p className="note tone-bad">{text.signIn.linkMissing}</p>}
        {whose.isError && <LinkProblem error={whose.error} />}
        {whose.data && (
          <>
            <p>{text.signIn.welcomeAbout(whose.data.name)}</p>
            <NewPassword token={token} email={whose.data.email} />
          </>
        )}
      </div>
    </main>
  );
}

function takeToken(): string {
  const token = location.hash.slice(1);
  if (token !== "") history.replaceState(history.state, "", location.pathname);
  return token;
}

function LinkProblem({ error }: { readonly error: Error }) {
  const text = useText();
  const title = error instanceof ApiProblem && error.status === 401 ? text.signIn.linkNotGood : text.states.failedAction(text.signIn.setPassword);
  return <ProblemNote title={title} error={error} />;
}

function NewPassword({ token, email }: { readonly token: string; readonly email: string }) {
  const text = useText();
  const [, navigate] = useLocation();
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [differ, setDiffer] = useState(false);
  const saving = useMutation({
    mutationFn: () => ask<Login>("POST", "/v1/login/link", { token, password }),
    onSuccess: (login) => {
      session.signedIn(login);
      navigate("/", { replace: true });
    },
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setDiffer(password !== again);
    if (password === again) saving.mutate();
  };
  const fields = saving.error instanceof ApiProblem ? saving.error.fields : [];
  return (
    <form className="stack" onSubmit={submit}>
      {saving.error && <LinkProblem error={saving.error} />}
      <input type="email" autoComplete="username" value={email} readOnly hidden />
      <Field label={text.signIn.newPassword} name="password" error={fields.find((field) => field.name === "password")?.description}>
        {(control) => (
          <input
            {...control}
            type="password"
            autoComplete="new-password"
            required
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        )}
      </Field>
      <Field label={text.signIn.again} error={differ ? text.signIn.differ : undefined}>
        {(control) => (
          <input
            {...control}
            type="password"
            autoComplete="new-password"
            required
            value={again}
            onChange={(event) => setAgain(event.target.value)}
          />
        )}
      </Field>
      <Button type="submit" look="primary" isPending={saving.isPending}>
        {text.signIn.setPassword}
      </Button>
    </form>
  );
}
