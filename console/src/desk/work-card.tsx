import { useEffect, useRef, useState } from "react";
import { duration } from "../lib/format";
import { useKey } from "../lib/keys";
import { useServerNow } from "../stream/provider";
import { useLate } from "../text/late";
import { useFormat, useText, type Text } from "../text/text";
import { wordFor } from "../text/words";
import { Button } from "../ui/button";
import { Keypad } from "./keypad";
import type { Run } from "./page";
import { allows, canDial, detailsOf, MICROPHONE_LOST, nameOf, safeLink, takesCalls, timeLeft, type Session } from "./state";
import type { Desk } from "./use-desk";
import { words } from "./words";

interface WorkProps {
  readonly session: Session;
  readonly desk: Desk;
  readonly run: Run;
  readonly busy: boolean;
}

/** The person on the screen or on the line, and what can be done; without one, what is being waited for. */
export function WorkCard(props: WorkProps) {
  const { session } = props;
  const text = useText();
  return (
    <section className="panel desk-work" aria-label={text.desk.person}>
      {session.work === undefined ? <Nobody {...props} /> : <Person session={session} work={session.work} />}
      <Stage {...props} />
    </section>
  );
}

function Nobody({ session, desk, run, busy }: WorkProps) {
  const text = useText();
  const said = useLate(words);
  if (session.state === "paused") {
    const reason = session.reason;
    return (
      <div className="desk-nobody">
        <h2>{reason === undefined ? text.desk.paused : text.desk.pausedFor(wordFor(text.desk.pauseReasons, reason))}</h2>
        <p className="soft">{reason === MICROPHONE_LOST ? said.microphoneLost : text.desk.pausedAbout}</p>
        <Button look="primary" isDisabled={busy || !takesCalls(desk.phone) || !allows(session, "ready")} onPress={() => run(text.desk.ready, desk.ready)}>
          {text.desk.ready} <kbd>R</kbd>
        </Button>
      </div>
    );
  }
  return (
    <div className="desk-nobody">
      <h2>{stageWords(text, session)}</h2>
      {session.state === "ready" && <p className="soft">{text.desk.waitingAbout}</p>}
    </div>
  );
}

function Person({ session, work }: { readonly session: Session; readonly work: NonNullable<Session["work"]> }) {
  const text = useText();
  const format = useFormat();
  const now = useServerNow();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // Whoever is writing goes on writing.
    if (document.activeElement instanceof HTMLTextAreaElement || document.activeElement instanceof HTMLInputElement) return;
    heading.current?.focus({ preventScroll: true });
  }, []);
  const { record } = work;
  const link = safeLink(record?.external_url);
  const details = detailsOf(record?.extra_data ?? {});
  return (
    <div className="panel-body">
      <div className="stack-tight">
        <h2 className="desk-name" tabIndex={-1} ref={heading}>
          {nameOf(session)}
        </h2>
        <p className="row">
          <span className="mono">{work.phone_number}</span>
          <span>{wordFor(text.phoneTypes, work.phone_type)}</span>
          {record?.timezone !== undefined && now !== null && <span>{text.desk.theirTime(format.time(now, record.timezone), record.timezone)}</span>}
        </p>
        <p className="soft">{text.desk.attempt(work.attempt)}</p>
      </div>
      <dl className="facts">
        {record?.external_id !== undefined && <Fact name={text.desk.externalId} value={record.external_id} />}
        {details.map(([name, value]) => (
          <Fact key={name} name={name} value={value} />
        ))}
      </dl>
      {details.length === 0 && record?.external_id === undefined && <p className="soft">{text.desk.noRecord}</p>}
      {link !== null && (
        <p>
          <a href={link} target="_blank" rel="noopener noreferrer">
            {text.desk.openRecord}
          </a>
        </p>
      )}
    </div>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

function stageWords(text: Text, session: Session): string {
  switch (session.state) {
    case "previewing":
      return text.desk.previewTitle;
    case "dialing":
      return text.desk.dialing;
    case "reserved":
      return text.desk.reserved;
    case "talking":
      return text.desk.talking;
    case "wrap_up":
      return text.desk.wrapUp;
    case "paused":
      return text.desk.paused;
    default:
      return text.desk.waiting;
  }
}

/** Where the call stands, with its clock and its commands: those that the server allows now. */
function Stage(props: WorkProps) {
  const { session, desk, run, busy } = props;
  const text = useText();
  const said = useLate(words);
  const now = useServerNow();
  const left = timeLeft(session, now);
  const dial = () => run(text.desk.dial, desk.dial);
  const skip = () => run(text.desk.keys.skip, desk.skip);
  const hangUp = () => run(text.desk.hangUp, desk.hangUp);
  const extend = () => run(text.desk.extend, desk.extend);
  const mayDial = canDial(session, now) && !busy;
  const maySkip = allows(session, "skip") && !busy;
  const mayHangUp = allows(session, "hang-up") && !busy;
  const mayExtend = allows(session, "wrap-up-extend") && !busy;
  useKey("d", dial, mayDial);
  useKey("s", skip, maySkip);
  useKey("e", hangUp, mayHangUp);
  useKey("m", extend, mayExtend);
  if (session.work === undefined) return null;
  const previewing = session.state === "previewing";
  const over = previewing && left === 0;
  return (
    <div className="desk-stage" data-state={session.state}>
      <p className="desk-clock">
        <strong>{session.on_hold === true ? said.onHold : stageWords(text, session)}</strong>
        {session.on_hold === true && <span>{said.onHoldAbout}</span>}
        {left !== null && (
          <span data-urgent={left < 10_000 ? "" : undefined}>
            {over ? text.desk.previewOver : previewing ? text.desk.previewLeft(duration(left)) : text.desk.wrapUpLeft(duration(left))}
          </span>
        )}
      </p>
      <div className="desk-commands">
        {previewing && (
          <>
            <Button look="primary" isDisabled={!mayDial} onPress={dial}>
              {text.desk.dial} <kbd>D</kbd>
            </Button>
            {allows(session, "skip") ? (
              <Button isDisabled={!maySkip} onPress={skip}>
                {text.desk.skips(session.work.skips_left ?? 0)} <kbd>S</kbd>
              </Button>
            ) : (
              <span className="soft">{text.desk.noSkip}</span>
            )}
          </>
        )}
        <InCall {...props} />
        {allows(session, "hang-up") && (
          <Button look="danger" isDisabled={!mayHangUp} onPress={hangUp}>
            {session.state === "talking" ? text.desk.hangUp : text.desk.cancelCall} <kbd>E</kbd>
          </Button>
        )}
        {allows(session, "wrap-up-extend") && (
          <Button isDisabled={!mayExtend} onPress={extend}>
            {text.desk.extend} <kbd>M</kbd>
          </Button>
        )}
      </div>
    </div>
  );
}

/** What can be done within a conversation. */
function InCall({ session, desk, run, busy }: WorkProps) {
  const said = useLate(words);
  const [keypad, setKeypad] = useState(false);
  const onHold = session.on_hold === true;
  const label = onHold ? said.unhold : said.hold;
  const turn = () => run(label, onHold ? desk.unhold : desk.hold);
  const mayTurn = allows(session, onHold ? "unhold" : "hold");
  const mayPress = allows(session, "digits");
  useKey("h", turn, mayTurn && !busy);
  useKey("k", () => setKeypad(true), mayPress);
  return (
    <>
      {mayTurn && (
        <Button look={onHold ? "primary" : "plain"} isDisabled={busy} onPress={turn}>
          {label} <kbd>H</kbd>
        </Button>
      )}
      {mayPress && (
        <Button onPress={() => setKeypad(true)}>
          {said.keypad} <kbd>K</kbd>
        </Button>
      )}
      <Keypad isOpen={keypad && mayPress} onClose={() => setKeypad(false)} press={desk.press} />
    </>
  );
}
