import { useEffect } from "react";
import type { PageLink } from "../desk/use-desk-phone";
import { useKey } from "../lib/keys";
import { useLanguage } from "../text/text";
import { Button } from "../ui/button";
import type { Shape } from "../ui/glyph";
import { Meter } from "../ui/meter";
import { Pill, type Tone } from "../ui/pill";
import { isReady, isTalking, linkOf, phaseOf, troubles, type Phase, type PhoneState } from "./state";
import { usePhone, type Offer, type Phone } from "./use-phone";
import { words, type PhoneWords } from "./words";
import "./phone.css";

const LOOKS: Record<Phase, readonly [Tone, Shape]> = {
  silent: ["bad", "cross"],
  onCall: ["info", "circle"],
  answering: ["warn", "half"],
  ringing: ["violet", "ring"],
  unheard: ["warn", "half"],
  registered: ["good", "circle"],
  partly: ["warn", "half"],
  connecting: ["neutral", "ring"],
  failed: ["bad", "cross"],
};

interface PhoneProps {
  readonly offer: Offer;
  /** Told whenever it changes whether calls can come, and what they lack. */
  readonly onLink: (link: PageLink) => void;
  /** The agent is in a conversation: the letters of the keyboard mean it. */
  readonly inCall: boolean;
}

/** The agent's phone in the browser: whether it works, and what is done with a call on it. */
export default function DeskPhone({ offer, onLink, inCall }: PhoneProps) {
  const { language } = useLanguage();
  const said = words[language];
  const phone = usePhone(offer);
  const { state } = phone;
  const phase = phaseOf(state);
  const [tone, shape] = LOOKS[phase];
  const link = linkOf(state);
  useEffect(() => onLink(link), [link, onLink]);
  const mayMute = isTalking(state);
  useKey("m", () => phone.mute(!state.muted), mayMute && inCall);
  return (
    <section className="phone" aria-label={said.title}>
      <div className="row">
        <h2 className="phone-title">{said.title}</h2>
        <span className="row" role="status" data-phase={phase}>
          <Pill tone={tone} shape={shape}>
            {said.phases[phase]}
          </Pill>
          {state.muted && (
            <Pill tone="warn" shape="cross">
              {said.muted}
            </Pill>
          )}
        </span>
        {mayMute && <Commands phone={phone} said={said} />}
      </div>
      <Ringing phone={phone} said={said} />
      {state.microphone !== "heard" && <MicrophoneCheck phone={phone} said={said} />}
      <Notes state={state} phase={phase} said={said} />
    </section>
  );
}

interface PartProps {
  readonly phone: Phone;
  readonly said: PhoneWords;
}

function Commands({ phone, said }: PartProps) {
  const { state } = phone;
  return (
    <div className="row phone-commands">
      <Button small onPress={() => phone.mute(!state.muted)}>
        {state.muted ? said.unmute : said.mute} <kbd>M</kbd>
      </Button>
      <Button small look="danger" onPress={() => state.calls.forEach((call) => call.stage !== "ringing" && phone.hangUp(call.id))}>
        {said.hangUp}
      </Button>
    </div>
  );
}

function Ringing({ phone, said }: PartProps) {
  return phone.state.calls
    .filter((call) => call.stage === "ringing")
    .map((call) => (
      <div key={call.id} className="row" role="alert">
        <span>{said.rings(call.from === "" ? said.dialer : call.from)}</span>
        <Button small look="primary" isDisabled={!isReady(phone.state)} onPress={() => phone.answer(call.id)}>
          {said.answer}
        </Button>
        <Button small onPress={() => phone.hangUp(call.id)}>
          {said.reject}
        </Button>
      </div>
    ));
}

function MicrophoneCheck({ phone, said }: PartProps) {
  const { microphone } = phone.state;
  const wrong = microphone === "refused" || microphone === "missing";
  return (
    <div className="row">
      <p className={wrong ? "tone-bad phone-said" : "phone-said"} role="status">
        {said.microphones[microphone]} {said.beforeReady}
      </p>
      {microphone === "listening" && <Meter label={said.level} value={phone.level} text={`${Math.round(phone.level * 100)} %`} />}
      {wrong && (
        <Button small onPress={phone.tryMicrophone}>
          {said.again}
        </Button>
      )}
    </div>
  );
}

function Notes({ state, phase, said }: { readonly state: PhoneState; readonly phase: Phase; readonly said: PhoneWords }) {
  const why = troubles(state).join("; ");
  return (
    <div role="status">
      {(phase === "failed" || phase === "partly") && why !== "" && <p className="banner tone-bad">{said.failedAbout(why)}</p>}
      {phase === "silent" && <p className="banner tone-bad">{said.silentAbout}</p>}
      {state.trouble !== null && <p className="banner tone-warn">{said.ended(state.trouble)}</p>}
    </div>
  );
}
