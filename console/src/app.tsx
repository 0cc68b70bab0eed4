import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { lazy, useState } from "react";
import { Redirect, Route, Router, Switch } from "wouter";
import { ApiProblem } from "./api/problem";
import { CONSOLE_PATH } from "./places";
import { Guarded, NotFound } from "./shell/guards";
import { DESK_SCOPE } from "./shell/navigation";
import { Shell } from "./shell/shell";
import { useCan, useSessionState, useWhoAmI } from "./session/session";
import { SignInLayer } from "./session/sign-in-layer";
import { SignInPage } from "./session/sign-in-page";
import { WelcomePage } from "./session/welcome-page";
import { StreamProvider } from "./stream/provider";
import { TextProvider, useText } from "./text/text";
import { Skeleton } from "./ui/panel";
import { ProblemNote } from "./ui/problem-note";
import { SUPERVISOR_ROUTES } from "./routes";

const DeskPage = lazy(() => import("./desk/page"));

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // What the API refuses it refuses again; only a missing answer is worth another try.
      retry: (failures, error) => failures < 2 && (!(error instanceof ApiProblem) || error.status === 0 || error.status >= 502),
      staleTime: 5_000,
    },
  },
});

export function App() {
  return (
    <TextProvider>
      <QueryClientProvider client={queries}>
        <Router base={CONSOLE_PATH}>
          <Switch>
            <Route path="/welcome" component={WelcomePage} />
            <Route component={Gate} />
          </Switch>
        </Router>
      </QueryClientProvider>
    </TextProvider>
  );
}

/** The sign-in page, or the console. */
function Gate() {
  const text = useText();
  const state = useSessionState();
  const [failure, setFailure] = useState<Error | null>(null);
  useWhoAmI(setFailure);
  if (state.kind === "unknown") {
    if (failure === null) return <Skeleton height={400} what={text.product} />;
    return (
      <main className="signin">
        <ProblemNote title={text.states.failedPanel(text.product)} error={failure} onRetry={() => location.reload()} />
      </main>
    );
  }
  if (state.kind === "signed-out") return <SignInPage />;
  return (
    <StreamProvider>
      <SignInLayer />
      <Pages />
    </StreamProvider>
  );
}

function Pages() {
  const can = useCan();
  const supervises = can("campaigns:read");
  return (
    <Switch>
      <Route path="/login">
        <Redirect to="/" replace />
      </Route>
      <Route path="/">
        <Redirect to={supervises ? "/campaigns" : "/desk"} replace />
      </Route>
      <Route path="/desk">
        <Guarded needs={DESK_SCOPE}>
          <DeskPage />
        </Guarded>
      </Route>
      <Route>
        <Shell>
          <Switch>
            {SUPERVISOR_ROUTES.map(({ path, needs, Page }) => (
              <Route key={path} path={path}>
                <Guarded needs={needs}>
                  <Page />
                </Guarded>
              </Route>
            ))}
            <Route>
              <NotFound />
            </Route>
          </Switch>
        </Shell>
      </Route>
    </Switch>
  );
}
