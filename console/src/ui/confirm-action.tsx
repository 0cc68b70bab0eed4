import { useState, type ReactNode } from "react";
import { useLink } from "../stream/provider";
import { useText } from "../text/text";
import { Button } from "./button";
import { Dialog } from "./dialog";
import { ProblemNote } from "./problem-note";

interface ConfirmActionProps {
  /** On the button that opens the question. */
  readonly label: string;
  readonly title: string;
  /** The consequence, in numbers. */
  readonly consequence: ReactNode;
  /** On the button that does it: a verb, never "OK". */
  readonly verb: string;
  /** Resolves when the server has said yes. */
  readonly act: () => Promise<unknown>;
  readonly look?: "plain" | "primary" | "danger" | "quiet";
  readonly small?: boolean;
  readonly isDisabled?: boolean;
  readonly "aria-label"?: string;
}

/** A button whose deed is told, with its consequence, before it is done. */
export function ConfirmAction(props: ConfirmActionProps) {
  const { label, title, consequence, verb, act, look = "plain", small = false, isDisabled = false } = props;
  const text = useText();
  const link = useLink();
  const [open, setOpen] = useState(false);
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<Error | null>(null);

  const run = async () => {
    setPending(true);
    setError(null);
    try {
      await act();
      setOpen(false);
    } catch (refused) {
      setError(refused instanceof Error ? refused : new Error(String(refused)));
    } finally {
      setPending(false);
    }
  };
  const close = () => {
    setOpen(false);
    setError(null);
  };
  return (
    <>
      <Button
        look={look}
        small={small}
        isDisabled={isDisabled}
        onPress={() => setOpen(true)}
        {...(props["aria-label"] !== undefined && { "aria-label": props["aria-label"] })}
      >
        {label}
      </Button>
      <Dialog title={title} isOpen={open} onClose={close} role="alertdialog">
        <div>{consequence}</div>
        {(link.phase === "offline" || link.phase === "stale") && <p className="soft">{text.confirm.willBeConfirmed}</p>}
        {error && <ProblemNote title={text.states.failedAction(verb)} error={error} unchanged={text.states.unchanged} takesFocus />}
        <div className="dialog-actions">
          <Button onPress={close} autoFocus>
            {text.actions.cancel}
          </Button>
          <Button look={look === "danger" ? "danger" : "primary"} isPending={pending} onPress={() => void run()}>
            {verb}
          </Button>
        </div>
      </Dialog>
    </>
  );
}
