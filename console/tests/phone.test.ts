import { describe, expect, it } from "vitest";
import { atFirst, isReady, linkOf, phaseOf, registered, step, troubles, type PhoneEvent, type PhoneState } from "../src/phone/state";
import { words } from "../src/phone/words";

const ONE = "wss://one.example/ws";
const TWO = "wss://two.example/ws";

const after = (...events: readonly PhoneEvent[]): PhoneState => events.reduce(step, atFirst([ONE, TWO]));
const heard: PhoneEvent = { type: "microphone", is: "heard" };
const registeredAt = (server: string): PhoneEvent => ({ type: "line", server, is: "registered" });
const refusedAt = (server: string): PhoneEvent => ({ type: "line", server, is: "failed", why: `${server}: 403 Forbidden` });
const invited = (id: string): PhoneEvent => ({ type: "invited", id, server: ONE, from: "Ada" });
const stage = (id: string, is: "connecting" | "up" | "silent"): PhoneEvent => ({ type: "stage", id, is });
const talking = [heard, registeredAt(ONE), registeredAt(TWO), invited("a"), stage("a", "connecting"), stage("a", "up")] as const;

describe("a phone in the browser", () => {
  it("is ready once its microphone was heard and a server knows it", () => {
    expect(isReady(after(registeredAt(ONE)))).toBe(false);
    expect(isReady(after({ type: "microphone", is: "listening" }, registeredAt(ONE)))).toBe(false);
    expect(isReady(after(heard))).toBe(false);
    expect(isReady(after(heard, registeredAt(ONE)))).toBe(true);
  });

  it("is not ready any more when its microphone is pulled out", () => {
    expect(isReady(after(heard, registeredAt(ONE), { type: "microphone", is: "missing" }))).toBe(false);
  });

  it("tells the desk of a microphone that it lacks, and of nothing else that mends itself", () => {
    expect(linkOf(after(heard, registeredAt(ONE)))).toBe("ready");
    expect(linkOf(after(heard, refusedAt(ONE), refusedAt(TWO)))).toBe("unready");
    expect(linkOf(after({ type: "microphone", is: "asking" }, registeredAt(ONE)))).toBe("unready");
    for (const is of ["missing", "refused"] as const)
      expect(linkOf(after(heard, registeredAt(ONE), { type: "microphone", is }))).toBe("no-microphone");
  });

  it("says of its servers what they say", () => {
    expect(phaseOf(after())).toBe("connecting");
    expect(phaseOf(after(registeredAt(ONE), registeredAt(TWO)))).toBe("unheard");
    expect(phaseOf(after(heard, registeredAt(ONE), refusedAt(TWO)))).toBe("partly");
    expect(phaseOf(after(heard, registeredAt(ONE), registeredAt(TWO)))).toBe("registered");
    const refused = after(refusedAt(ONE), refusedAt(TWO));
    expect(phaseOf(refused)).toBe("failed");
    expect(troubles(refused)).toEqual([`${ONE}: 403 Forbidden`, `${TWO}: 403 Forbidden`]);
    expect(troubles(step(refused, registeredAt(ONE)))).toEqual([`${TWO}: 403 Forbidden`]);
  });

  it("is on a call only when its sound can pass", () => {
    expect(phaseOf(after(heard, registeredAt(ONE), invited("a")))).toBe("ringing");
    expect(phaseOf(after(heard, registeredAt(ONE), invited("a"), stage("a", "connecting")))).toBe("answering");
    expect(phaseOf(after(...talking))).toBe("onCall");
    expect(phaseOf(after(...talking, stage("a", "silent")))).toBe("silent");
  });

  it("goes on with a call whose server is lost meanwhile", () => {
    const state = after(...talking, refusedAt(ONE), refusedAt(TWO));
    expect(phaseOf(state)).toBe("onCall");
    expect(registered(state)).toBe(0);
  });

  it("takes nobody's mute along to the next call", () => {
    const muted = after(...talking, { type: "muted", is: true });
    expect(muted.muted).toBe(true);
    const over = step(muted, { type: "over", id: "a", why: null });
    expect([over.muted, over.calls]).toEqual([false, []]);
  });

  it("stays muted while another of its calls is up", () => {
    const both = after(...talking, invited("b"), stage("b", "up"), { type: "muted", is: true });
    expect(step(both, { type: "over", id: "b", why: null }).muted).toBe(true);
  });

  it("cannot be muted without a call", () => {
    expect(after(heard, registeredAt(ONE), { type: "muted", is: true }).muted).toBe(false);
  });

  it("tells why a call broke off until the next one comes", () => {
    const broken = after(...talking, { type: "over", id: "a", why: "remote: RTP Timeout" });
    expect(broken.trouble).toBe("remote: RTP Timeout");
    expect(step(broken, invited("b")).trouble).toBeNull();
  });

  it("is not confused by the end of a call that it does not know", () => {
    const state = after(...talking);
    expect(step(state, { type: "over", id: "z", why: "local: Canceled" })).toBe(state);
  });

  it("has a word for every phase in every language", () => {
    const phases = ["silent", "onCall", "answering", "ringing", "unheard", "registered", "partly", "connecting", "failed"] as const;
    for (const spoken of Object.values(words)) for (const phase of phases) expect(spoken.phases[phase]).not.toBe("");
  });
});
