import { Component, Suspense, type ErrorInfo, type ReactNode } from "react";
import { useLocation } from "wouter";
import { useCan } from "../session/session";
import { useText } from "../text/text";
import { Button } from "../ui/button";
import { Forbidden } from "../ui/forbidden";
import { PageHead } from "../ui/page-head";
import { Skeleton } from "../ui/panel";

interface GuardedProps {
  /** The scope without which the page is refused, by name. */
  readonly needs: string;
  readonly children: ReactNode;
}

/** A page: for those who may see it, loaded when it is wanted, and alone in its faults. */
export function Guarded({ needs, children }: GuardedProps) {
  const text = useText();
  const can = useCan();
  const [path] = useLocation();
  if (!can(needs)) {
    return (
      <>
        <PageHead title={text.states.forbiddenTitle} live={false} />
        <Forbidden right={needs} />
      </>
    );
  }
  return (
    <Fault key={path} message={<FaultMessage />}>
      <Suspense fallback={<Skeleton height={400} what={text.product} />}>{children}</Suspense>
    </Fault>
  );
}

export function NotFound() {
  const text = useText();
  return (
    <>
      <PageHead title={text.states.notFoundTitle} live={false} />
      <p>{text.states.notFound}</p>
    </>
  );
}

function FaultMessage() {
  const text = useText();
  return (
    <div className="note tone-bad" role="alert">
      <p className="note-title">{text.states.crashedTitle}</p>
      <p>{text.states.crashed}</p>
      <Button onPress={() => location.reload()}>{text.actions.reload}</Button>
    </div>
  );
}

interface FaultProps {
  readonly message: ReactNode;
  readonly children: ReactNode;
}

/** A fault of one page does not take the others. */
class Fault extends Component<FaultProps, { readonly failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override componentDidCatch(error: Error, info: ErrorInfo) {
    console.error(error, info.componentStack);
  }

  override render() {
    return this.state.failed ? this.props.message : this.props.children;
  }
}
