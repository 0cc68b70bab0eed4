import { useMemo, useState } from "react";
import { useLocation } from "wouter";
import { lettersWanted, useKey } from "../lib/keys";
import { writeSetting } from "../lib/settings";
import { useCan } from "../session/session";
import { useText, type Text } from "../text/text";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { DESK_SCOPE, PLACES } from "./navigation";

interface Command {
  readonly id: string;
  readonly label: string;
  readonly run: () => void;
}

/** The command palette (Ctrl or Cmd with K) and the sheet of keys (?). */
export function Commands() {
  const text = useText();
  const [open, setOpen] = useState<"palette" | "keys" | null>(null);
  useKey("mod+k", () => setOpen("palette"));
  useKey("?", () => setOpen("keys"));
  const close = () => setOpen(null);
  return (
    <>
      <Button look="quiet" small onPress={() => setOpen("palette")}>
        {text.palette.title} <kbd>Ctrl K</kbd>
      </Button>
      <Dialog title={text.palette.title} isOpen={open === "palette"} onClose={close}>
        <Palette onDone={close} />
      </Dialog>
      <Dialog title={text.keys.title} isOpen={open === "keys"} onClose={close}>
        <KeySheet keys={keysOf(text)} />
        <div className="dialog-actions">
          <Button onPress={close}>{text.actions.close}</Button>
        </div>
      </Dialog>
    </>
  );
}

function useCommands(): readonly Command[] {
  const text = useText();
  const can = useCan();
  const [, navigate] = useLocation();
  return useMemo(() => {
    const places: Command[] = PLACES.filter((place) => can(place.needs)).map((place) => ({
      id: place.href,
      label: text.keys.go(place.label(text)),
      run: () => navigate(place.href),
    }));
    if (can("campaigns:write")) places.push({ id: "new", label: text.campaigns.create, run: () => navigate("/campaigns/new") });
    if (can(DESK_SCOPE)) places.push({ id: "desk", label: text.nav.desk, run: () => navigate("/desk") });
    return places;
  }, [text, can, navigate]);
}

function Palette({ onDone }: { readonly onDone: () => void }) {
  const text = useText();
  const commands = useCommands();
  const [words, setWords] = useState("");
  const [at, setAt] = useState(0);
  const fitting = commands.filter((command) => command.label.toLowerCase().includes(words.trim().toLowerCase()));
  const chosen = fitting[Math.min(at, fitting.length - 1)];
  const run = (command: Command | undefined) => {
    if (!command) return;
    onDone();
    command.run();
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move !== undefined && fitting.length > 0) {
      event.preventDefault();
      setAt((Math.min(at, fitting.length - 1) + move + fitting.length) % fitting.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      run(chosen);
    }
  };
  return (
    <div className="stack-tight">
      <input
        className="input"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-label={text.palette.placeholder}
        aria-activedescendant={chosen && `command-${chosen.id}`}
        placeholder={text.palette.placeholder}
        autoFocus
        value={words}
        onChange={(event) => {
          setWords(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      {fitting.length === 0 && <p className="soft">{text.palette.none}</p>}
      <ul className="menu" role="listbox" id="palette-list" aria-label={text.palette.title}>
        {fitting.map((command) => (
          <li
            key={command.id}
            id={`command-${command.id}`}
            className="menu-item"
            role="option"
            aria-selected={command === chosen}
            data-focused={command === chosen ? "" : undefined}
            onClick={() => run(command)}
          >
            {command.label}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** What each key does, and whether single letters are wanted at all. */
export function KeySheet({ keys }: { readonly keys: readonly (readonly [string, string])[] }) {
  const text = useText();
  const [letters, setLetters] = useState(lettersWanted);
  return (
    <>
      <dl className="keys-list">
        {keys.map(([combo, meaning]) => (
          <div key={combo} style={{ display: "contents" }}>
            <dt>
              <kbd>{combo}</kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <label className="check">
        <input
          type="checkbox"
          checked={letters}
          onChange={(event) => {
            setLetters(event.target.checked);
            writeSetting("keys", event.target.checked ? null : "off");
          }}
        />
        <span>
          {text.keys.enabled} <span className="soft">{text.keys.enabledAbout}</span>
        </span>
      </label>
    </>
  );
}

function keysOf(text: Text): readonly (readonly [string, string])[] {
  return [
    ["?", text.keys.help],
    ["Ctrl K", text.keys.palette],
  ];
}
