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
import { PasswordField } from "./password-field";
import { session, type Login } from "./store";

/** What a link does; only that of the first administrator is for nobody who is known yet. */
interface MeantFor {
  readonly does: "sign-in" | "first-admin" | "password";
  readonly name?: string;
  readonly email?: string;
}

/** Where one-time links lead: of the first administrator, of those who got a new password, of a demonstration. */
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
            <p>{about(text.signIn, whose.data)}</p>
            <UseLink token={token} meant={whose.data} />
          </>
        )}
      </div>
    </main>
  );
}

function about(words: ReturnType<typeof useText>["signIn"], { does, name = "" }: MeantFor): string {
  switch (does) {
    case "sign-in":
      return words.signInAbout(name);
    case "first-admin":
      return words.firstAdminAbout;
    case "password":
      return words.welcomeAbout(name);
  }
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

function UseLink({ token, meant }: { readonly token: string; readonly meant: MeantFor }) {
  const text = useText();
  const [, navigate] = useLocation();
  const [name, setName] = useState("");
  const [email, setEmail] = useState(meant.email ?? "");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [differ, setDiffer] = useState(false);
  const first = meant.does === "first-admin";
  const chooses = meant.does !== "sign-in";
  const saving = useMutation({
    mutationFn: () => ask<Login>("POST", "/v1/login/link", { token, ...(chooses && { password }), ...(first && { name, email }) }),
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
  const errorOf = (name: string) => fields.find((field) => field.name === name)?.description;
  return (
    <form className="stack" onSubmit={submit}>
      {saving.error && <LinkProblem error={saving.error} />}
      {first && (
        <Field label={text.signIn.name} name="name" error={errorOf("name")}>
          {(control) => (
            <input {...control} autoComplete="name" required value={name} onChange={(event) => setName(event.target.value)} />
          )}
        </Field>
      )}
      {first ? (
        <Field label={text.signIn.email} name="email" error={errorOf("email")}>
          {(control) => (
            <input {...control} type="email" autoComplete="username" required value={email} onChange={(event) => setEmail(event.target.value)} />
          )}
        </Field>
      ) : (
        <input type="email" autoComplete="username" value={email} readOnly hidden />
      )}
      {chooses && (
        <>
          <PasswordField label={text.signIn.newPassword} name="password" error={errorOf("password")} value={password} onChange={setPassword} isNew />
          <PasswordField label={text.signIn.again} error={differ ? text.signIn.differ : undefined} value={again} onChange={setAgain} isNew />
        </>
      )}
      <Button type="submit" look="primary" isPending={saving.isPending}>
        {chooses ? text.signIn.setPassword : text.signIn.submit}
      </Button>
    </form>
  );
}
