import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useLocation, useSearchParams } from "wouter";
import { ask } from "../api/client";
import { useText } from "../text/text";
import { Brand } from "../shell/brand";
import { SignInForm } from "./sign-in-form";

interface SignInOptions {
  readonly password: boolean;
  readonly openid?: { readonly name: string; readonly href: string };
  readonly first_run: boolean;
}

/** Shown at every address to those who are not signed in; the address stays, and so does where they wanted to go. */
export function SignInPage() {
  const text = useText();
  const [search] = useSearchParams();
  const [path] = useLocation();
  const options = useQuery({ queryKey: ["login", "options"], queryFn: () => ask<SignInOptions>("GET", "/v1/login/options") });
  const openidError = search.get("error");
  useEffect(() => {
    document.title = `${text.signIn.title} · ${text.product}`;
  }, [text]);
  const openid = options.data?.openid;
  return (
    <main className="signin">
      <div className="signin-card">
        <Brand />
        <h1>{text.signIn.title}</h1>
        {openidError !== null && <p className="note tone-bad">{text.signIn.openidFailed(openidError)}</p>}
        {options.data?.first_run === true && <p className="note tone-info">{text.signIn.firstRun}</p>}
        {options.data?.password !== false && <SignInForm />}
        {openid && (
          <a className="button" href={`${openid.href}?to=${encodeURIComponent(path)}`}>
            {text.signIn.with(openid.name)}
          </a>
        )}
      </div>
    </main>
  );
}
