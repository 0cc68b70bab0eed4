import { useEffect, useRef, useState, type ReactNode } from "react";
import { ApiProblem, UNREACHABLE } from "../api/problem";
import { useErrorWords } from "../text/errors";
import { useText } from "../text/text";
import { Button } from "./button";

interface ProblemNoteProps {
  /** What failed, as a sentence. */
  readonly title: string;
  readonly error: Error;
  /** What is as it was before; null for reading, which changes nothing. */
  readonly unchanged?: string | null;
  readonly onRetry?: () => void;
  /** Take the focus: the answer to what was just pressed. */
  readonly takesFocus?: boolean;
  readonly children?: ReactNode;
}

/** What failed, what is unchanged, the id of the request to copy, and a way to try again. */
export function ProblemNote({ title, error, unchanged = null, onRetry, takesFocus = false, children }: ProblemNoteProps) {
  const text = useText();
  const note = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (takesFocus) note.current?.focus();
  }, [takesFocus, error]);
  const words = useErrorWords();
  const problem = error instanceof ApiProblem ? error : null;
  const word = problem === null ? undefined : words?.[problem.code];
  return (
    <div className="note tone-bad" role="alert" tabIndex={-1} ref={note}>
      <p className="note-title">{title}</p>
      <p>{problem?.code === UNREACHABLE ? text.states.unreachable : (word ?? error.message)}</p>
      {word !== undefined && <p className="soft small">{error.message}</p>}
      {unchanged !== null && <p>{unchanged}</p>}
      {children}
      <div className="row small">
        {onRetry && (
          <Button small onPress={onRetry}>
            {text.actions.retry}
          </Button>
        )}
        {problem !== null && problem.status > 0 && (
          <span className="soft">
            {text.states.code} <code>{problem.code}</code>
          </span>
        )}
        {problem?.requestId != null && <RequestId id={problem.requestId} />}
      </div>
    </div>
  );
}

function RequestId({ id }: { readonly id: string }) {
  const text = useText();
  const [copied, setCopied] = useState(false);
  return (
    <span className="row soft">
      <span>
        {text.states.requestId} <code>{id}</code>
      </span>
      <Button small look="quiet" onPress={() => void navigator.clipboard.writeText(id).then(() => setCopied(true))}>
        {copied ? text.actions.copied : text.actions.copy}
      </Button>
    </span>
  );
}
