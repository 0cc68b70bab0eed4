import { useMutation } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useState } from "react";
import { useLate } from "../text/late";
import { useText } from "../text/text";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { ProblemNote } from "../ui/problem-note";
import { words } from "./words";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];

interface KeypadProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  /** Done when the server has taken the key. */
  readonly press: (key: string) => Promise<unknown>;
}

/** The keys of a telephone, by mouse and by keyboard. */
export function Keypad({ isOpen, onClose, press }: KeypadProps) {
  const text = useText();
  const said = useLate(words);
  const [pressed, setPressed] = useState("");
  // One after the other: the other side hears them in the order in which they were pressed, however fast that was.
  const pressing = useMutation({ mutationFn: press, scope: { id: "keypad" }, networkMode: "always" });
  const send = (key: string) => {
    setPressed((before) => before + key);
    pressing.mutate(key);
  };
  const close = () => {
    setPressed("");
    onClose();
  };
  const typed = useEffectEvent((event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || !KEYS.includes(event.key)) return;
    event.preventDefault();
    send(event.key);
  });
  useEffect(() => {
    if (!isOpen) return;
    // Before the desk's own keys: figures mean dispositions there.
    document.addEventListener("keydown", typed, true);
    return () => document.removeEventListener("keydown", typed, true);
  }, [isOpen]);
  return (
    <Dialog title={said.keypad} isOpen={isOpen} onClose={close}>
      <div className="stack">
        <p className="soft">{said.keypadAbout}</p>
        <p className="mono" role="status">
          {pressed === "" ? "\u00a0" : said.pressed(pressed)}
        </p>
        {pressing.error && <ProblemNote title={text.states.failedAction(said.keypad)} error={pressing.error} />}
        <div className="desk-keypad">
          {KEYS.map((key) => (
            <Button key={key} aria-label={said.key(key)} onPress={() => send(key)}>
              {key}
            </Button>
          ))}
        </div>
        <div className="dialog-actions">
          <Button onPress={close}>{text.actions.close}</Button>
        </div>
      </div>
    </Dialog>
  );
}
