import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useSyncExternalStore, type ReactNode } from "react";
import { ask } from "../api/client";
import { ApiProblem } from "../api/problem";
import { session, type Login, type SessionState } from "./store";

export const useSessionState = (): SessionState => useSyncExternalStore(session.subscribe, session.get);

/** The login of whoever is signed in; only below the gate of the app. */
export function useLogin(): Login {
  const state = useSessionState();
  if (state.kind !== "signed-in" && state.kind !== "ended") throw new Error("useLogin without a login");
  return state.login;
}

/** Whether the user's role has a scope. */
export function useCan(): (scope: string) => boolean {
  const { scopes } = useLogin();
  return useCallback((scope) => scopes.includes(scope), [scopes]);
}

/** Whether the user may change what a scope opens. */
export function useMayChange(): (scope: string) => boolean {
  const { scopes, read_only: readOnly } = useLogin();
  return useCallback((scope) => !readOnly && scopes.includes(scope), [scopes, readOnly]);
}

/** Shows its children, which change something, only to those who may. */
export function IfCan({ scope, children }: { readonly scope: string; readonly children: ReactNode }) {
  return useMayChange()(scope) ? children : null;
}

export async function signIn(email: string, password: string): Promise<Login> {
  const login = await ask<Login>("POST", "/v1/login", { email, password });
  session.signedIn(login);
  return login;
}

export function useSignOut(): () => Promise<void> {
  const queries = useQueryClient();
  return useCallback(async () => {
    await ask("DELETE", "/v1/login");
    session.signedOut();
    queries.clear();
  }, [queries]);
}

/** Ask the server, once, who the cookie says we are. */
export function useWhoAmI(onFailure: (error: Error) => void): void {
  useEffect(() => {
    if (session.get().kind !== "unknown") return;
    ask<Login>("GET", "/v1/login").then(
      (login) => session.signedIn(login),
      (error: unknown) => {
        if (error instanceof ApiProblem && error.status === 401) session.signedOut();
        else onFailure(error instanceof Error ? error : new Error(String(error)));
      },
    );
  }, [onFailure]);
}
