/** Who is signed in, outside of React, because requests ask for it too. */

export interface Login {
  readonly user: { readonly id: string; readonly name: string; readonly email?: string; readonly role: Role };
  readonly account: string;
  readonly scopes: readonly string[];
  /** May look at what the scopes open, and change nothing: some scopes are for both. */
  readonly read_only: boolean;
  readonly csrf_token: string;
  readonly expires_at: string;
}

export type Role = "admin" | "supervisor" | "viewer" | "agent";

export type SessionState =
  | { readonly kind: "unknown" }
  | { readonly kind: "signed-out" }
  | { readonly kind: "signed-in"; readonly login: Login }
  /** The server has ended it; the page stays, and what it asked for waits for a new sign-in. */
  | { readonly kind: "ended"; readonly login: Login };

export class SessionStore {
  #state: SessionState = { kind: "unknown" };
  readonly #listeners = new Set<() => void>();

  readonly get = (): SessionState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  set(state: SessionState): void {
    this.#state = state;
    for (const listener of [...this.#listeners]) listener();
  }

  signedIn(login: Login): void {
    this.set({ kind: "signed-in", login });
  }

  signedOut(): void {
    this.set({ kind: "signed-out" });
  }

  /** A request was refused for want of a session: signed in before means that the session has ended. */
  refused(): void {
    if (this.#state.kind === "signed-in") this.set({ kind: "ended", login: this.#state.login });
  }

  get csrfToken(): string | null {
    return this.#state.kind === "signed-in" ? this.#state.login.csrf_token : null;
  }

  /** Resolves to true when somebody has signed in, to false when they chose to leave. */
  settled(): Promise<boolean> {
    return new Promise((resolve) => {
      const stop = this.subscribe(() => {
        if (this.#state.kind === "ended" || this.#state.kind === "unknown") return;
        stop();
        resolve(this.#state.kind === "signed-in");
      });
    });
  }
}

export const session = new SessionStore();
