import { useId, type ReactNode } from "react";
import type { UseQueryResult } from "@tanstack/react-query";
import { ApiProblem } from "../api/problem";
import { useText } from "../text/text";
import { Forbidden } from "./forbidden";
import { ProblemNote } from "./problem-note";

interface PanelProps {
  readonly title: string;
  readonly actions?: ReactNode;
  /** Without padding: a table goes from edge to edge. */
  readonly flush?: boolean;
  readonly children: ReactNode;
}

export function Panel({ title, actions, flush = false, children }: PanelProps) {
  const id = useId();
  return (
    <section className="panel" aria-labelledby={id}>
      <div className="panel-head">
        <h2 id={id}>{title}</h2>
        {actions !== undefined && <div className="row row-end">{actions}</div>}
      </div>
      <div className={flush ? "panel-flush" : "panel-body"}>{children}</div>
    </section>
  );
}

interface LoadedProps<T> {
  readonly query: UseQueryResult<T>;
  /** What is being loaded, as a noun. */
  readonly what: string;
  /** The height in pixels that the content will have, so that nothing jumps. */
  readonly height?: number;
  readonly children: (data: T) => ReactNode;
}

/** The states of what is fetched: a skeleton, then the content, dimmed while newer is fetched; an error with Retry. */
export function Loaded<T>({ query, what, height = 160, children }: LoadedProps<T>) {
  const text = useText();
  if (query.data !== undefined) {
    return (
      <div className={query.isPlaceholderData ? "is-refreshing" : undefined} aria-busy={query.isFetching}>
        {query.isError && (
          <ProblemNote title={text.states.failedPanel(what)} error={query.error} onRetry={() => void query.refetch()} />
        )}
        {children(query.data)}
      </div>
    );
  }
  if (query.isError) {
    if (query.error instanceof ApiProblem && query.error.status === 403) return <Forbidden right={query.error.message} />;
    return <ProblemNote title={text.states.failedPanel(what)} error={query.error} onRetry={() => void query.refetch()} />;
  }
  return <Skeleton height={height} what={what} />;
}

export function Skeleton({ height, what }: { readonly height: number; readonly what: string }) {
  const text = useText();
  return (
    <div className="skeleton" style={{ height }} role="status">
      <span className="visually-hidden">
        {text.states.loading}: {what}
      </span>
    </div>
  );
}

/** Nothing is there: says what to do next, with the button for it. */
export function Empty({ children, action }: { readonly children: ReactNode; readonly action?: ReactNode }) {
  return (
    <div className="empty">
      <p>{children}</p>
      {action}
    </div>
  );
}
