/** A registration with one SIP server over a WebSocket, and the calls that come from it: JsSIP behind our own words. */

import { UA, WebSocketInterface } from "jssip";
import type { IncomingRTCSessionEvent, RTCSessionEvent } from "jssip/lib/UA";
import type { EndEvent, RTCSession } from "jssip/lib/RTCSession";
import type { PhoneEvent } from "./state";

export interface Identity {
  readonly address: string;
  readonly user: string;
  readonly password: string;
  readonly iceServers: RTCIceServer[];
}

export interface PhoneLine {
  readonly answer: (id: string) => void;
  /** Another microphone, also for the calls there are. */
  readonly speak: (microphone: MediaStream) => void;
  readonly hangUp: (id: string) => void;
  readonly mute: (on: boolean) => void;
  readonly close: () => void;
}

/** What the dialer asks for when it calls a phone that is to stay up; whoever else calls has to be let in. */
const ANSWERS_ITSELF = /answer-after\s*=\s*0\b/i;
/** A server that is not reached tells the browser nothing: the answer goes without what it would have found out. */
const ICE_MILLISECONDS = 500;
const AGAIN_MILLISECONDS = 10_000;
/** How calls end when nothing is wrong, in JsSIP's words. */
const USUAL = ["Terminated", "Canceled", "Rejected"];

export function openLine(server: string, me: Identity, stream: () => MediaStream | null, tell: (event: PhoneEvent) => void): PhoneLine {
  const calls = new Map<string, RTCSession>();
  let again: ReturnType<typeof setTimeout> | undefined;
  const ua = new UA({
    sockets: [new WebSocketInterface(server)],
    uri: me.address,
    authorization_user: me.user,
    password: me.password,
    register_expires: 120,
    // Who is on the phone is asked by the server, if by anybody.
    session_timers: false,
    user_agent: "Outdial",
  });
  const line = (is: "connecting" | "registered" | "failed", why?: string) =>
    tell({ type: "line", server, is, ...(why !== undefined && { why }) });
  ua.on("connected", () => line("connecting"));
  ua.on("disconnected", ({ reason }) => line("failed", `${server}${reason ? `: ${reason}` : ""}`));
  ua.on("registered", () => line("registered"));
  ua.on("registrationFailed", ({ response, cause }) => {
    // JsSIP has no response where nobody answered, whatever its types say.
    const said = response as typeof response | undefined | null;
    line("failed", said ? `${server}: ${said.status_code} ${said.reason_phrase}` : `${server}: ${cause ?? ""}`);
    clearTimeout(again);
    again = setTimeout(() => ua.register(), AGAIN_MILLISECONDS);
  });
  ua.on("newRTCSession", (event: RTCSessionEvent) => {
    if ((event.originator as string) === "remote") invited(event as IncomingRTCSessionEvent);
  });

  function invited({ session, request }: IncomingRTCSessionEvent): void {
    const { id } = session;
    const sound = new Audio();
    sound.autoplay = true;
    calls.set(id, session);
    session.on("peerconnection", ({ peerconnection }) => {
      peerconnection.addEventListener("track", (event) => {
        sound.srcObject = event.streams[0] ?? new MediaStream([event.track]);
      });
      peerconnection.addEventListener("connectionstatechange", () => {
        if (!calls.has(id)) return;
        if (peerconnection.connectionState === "connected") tell({ type: "stage", id, is: "up" });
        if (["failed", "disconnected"].includes(peerconnection.connectionState)) tell({ type: "stage", id, is: "silent" });
      });
    });
    let gathering: ReturnType<typeof setTimeout> | undefined;
    session.on("icecandidate", ({ ready }) => {
      gathering ??= setTimeout(ready, ICE_MILLISECONDS);
    });
    const over = ({ originator, cause }: EndEvent) => {
      clearTimeout(gathering);
      calls.delete(id);
      sound.srcObject = null;
      tell({ type: "over", id, why: USUAL.includes(cause) ? null : `${originator}: ${cause}` });
    };
    session.on("ended", over);
    session.on("failed", over);
    tell({ type: "invited", id, server, from: session.remote_identity.display_name || session.remote_identity.uri.user });
    const asked = request.getHeader("Call-Info") as string | undefined;
    if (asked !== undefined && ANSWERS_ITSELF.test(asked)) answer(id);
  }

  function answer(id: string): void {
    const session = calls.get(id);
    const microphone = stream();
    // Without a microphone it goes on ringing: nobody is to be put through to silence.
    if (session === undefined || microphone === null || !session.isInProgress()) return;
    tell({ type: "stage", id, is: "connecting" });
    session.answer({ mediaStream: microphone, pcConfig: { iceServers: me.iceServers } });
  }

  const established = () => [...calls.values()].filter((session) => session.isEstablished());
  ua.start();
  return {
    answer,
    speak: (microphone) => {
      const track = microphone.getAudioTracks()[0];
      if (track === undefined) return;
      established().forEach((session) => {
        // Whoever is muted stays so.
        track.enabled = session.isMuted().audio !== true;
        session.connection.getSenders().forEach((sender) => void sender.replaceTrack(track));
      });
    },
    hangUp: (id) => calls.get(id)?.terminate(),
    mute: (on) => established().forEach((session) => (on ? session.mute({ audio: true }) : session.unmute({ audio: true }))),
    close: () => {
      clearTimeout(again);
      ua.stop();
    },
  };
}
