import { useCallback, useEffect, useEffectEvent, useReducer, useRef } from "react";
import { api, told } from "../api/client";
import { ApiProblem } from "../api/problem";
import { useLogin } from "../session/session";
import { useSessionTopic, useStream } from "../stream/provider";
import { AT_FIRST, forMicrophone, MICROPHONE_LOST, step, type DeskState, type Session } from "./state";
import type { PhoneLink } from "./use-desk-phone";
import { remember, remembered } from "./storage";

export interface Desk {
  readonly phone: PhoneLink;
  readonly state: DeskState;
  /** Begin a session, or go on with the one there is. */
  readonly signOn: (campaigns: readonly string[] | null, ready: boolean) => Promise<void>;
  readonly signOff: () => Promise<void>;
  readonly pause: (reason: string | null, afterCall: boolean) => Promise<void>;
  readonly ready: () => Promise<void>;
  readonly dial: () => Promise<void>;
  readonly skip: () => Promise<void>;
  readonly hangUp: () => Promise<void>;
  readonly hold: () => Promise<void>;
  readonly unhold: () => Promise<void>;
  /** Press a key of a telephone in the call. */
  readonly press: (key: string) => Promise<void>;
  readonly wrappedUp: () => Promise<void>;
  readonly extend: () => Promise<void>;
}

const isOver = (error: unknown) => error instanceof ApiProblem && error.status === 404 && error.code === "session-not-found";

/** The agent's session: as the stream tells it, kept alive by heartbeats, changed by commands. */
export function useDesk(phone: PhoneLink): Desk {
  const { user } = useLogin();
  const [state, dispatch] = useReducer(step, AT_FIRST);
  const id = state.session?.id ?? null;
  const key = `session.${user.id}`;

  useEffect(() => {
    let current = true;
    const before = remembered(key);
    const look =
      before === null
        ? Promise.resolve(null)
        : told(api.GET("/v1/sessions/{session_id}", { params: { path: { session_id: before } } }));
    look.then(
      (session) => current && dispatch(session === null ? { type: "nobody" } : { type: "shown", session }),
      () => current && dispatch({ type: "nobody" }),
    );
    return () => {
      current = false;
    };
  }, [key]);

  useEffect(() => {
    if (state.known) remember(key, id);
  }, [key, id, state.known]);

  // Agents look at other windows while they wait: the socket stays open behind them.
  const stream = useStream();
  useEffect(() => stream.keep(), [stream]);

  const topic = useSessionTopic(id);
  const streamed = topic.data?.session ?? null;
  const gone = topic.refusal?.code === "session-not-found";
  useEffect(() => {
    if (streamed !== null) dispatch({ type: "shown", session: streamed });
  }, [streamed]);
  useEffect(() => {
    if (gone) dispatch({ type: "over", asked: false });
  }, [gone]);

  const beating = useRef(false);
  const beat = useEffectEvent(async () => {
    if (id === null || beating.current) return;
    beating.current = true;
    try {
      dispatch({ type: "shown", session: await told(api.POST("/v1/sessions/{session_id}/heartbeat", { params: { path: { session_id: id } } })) });
    } catch (error) {
      dispatch(isOver(error) ? { type: "over", asked: false } : { type: "unanswered" });
    } finally {
      beating.current = false;
    }
  });
  useEffect(() => {
    if (id === null) return;
    const clock = new Worker(new URL("./tick.ts", import.meta.url), { type: "module" });
    clock.onmessage = () => void beat();
    return () => clock.terminate();
  }, [id]);

  const shown = useCallback(async (answer: Promise<Session>) => {
    try {
      dispatch({ type: "shown", session: await answer });
    } catch (error) {
      if (isOver(error)) dispatch({ type: "over", asked: false });
      throw error;
    }
  }, []);

  const path = { session_id: id ?? "" };
  const pause = (reason: string | null, after_call: boolean) =>
    shown(told(api.POST("/v1/sessions/{session_id}/pause", { params: { path }, body: { after_call, ...(reason !== null && { reason }) } })));
  const ready = () => shown(told(api.POST("/v1/sessions/{session_id}/ready", { params: { path } })));

  const { session } = state;
  const asking = useRef(false);
  const mind = useEffectEvent(async () => {
    const wanted = session === null ? null : forMicrophone(session, phone);
    if (wanted === null || asking.current) return;
    asking.current = true;
    try {
      await (wanted === "pause" ? pause(MICROPHONE_LOST, false) : ready());
    } catch {
      // The next heartbeat shows the session anew, and it is asked for again.
    } finally {
      asking.current = false;
    }
  });
  useEffect(() => void mind(), [session, phone]);

  const preview = { ...path, preview_id: state.session?.work?.preview_id ?? "" };
  return {
    phone,
    state,
    signOn: (campaigns, ready) =>
      shown(told(api.POST("/v1/sessions", { body: { user_id: user.id, ready, ...(campaigns !== null && { campaigns: [...campaigns] }) } }))),
    signOff: async () => {
      const after = await told(api.DELETE("/v1/sessions/{session_id}", { params: { path } }));
      dispatch(after.state === "signed_out" ? { type: "over", asked: true } : { type: "shown", session: after });
    },
    pause,
    ready,
    dial: () => shown(told(api.POST("/v1/sessions/{session_id}/previews/{preview_id}/dial", { params: { path: preview } }))),
    skip: () => shown(told(api.POST("/v1/sessions/{session_id}/previews/{preview_id}/skip", { params: { path: preview } }))),
    hangUp: () => shown(told(api.POST("/v1/sessions/{session_id}/hang-up", { params: { path } }))),
    hold: () => shown(told(api.POST("/v1/sessions/{session_id}/hold", { params: { path } }))),
    unhold: () => shown(told(api.POST("/v1/sessions/{session_id}/unhold", { params: { path } }))),
    press: (digits) => shown(told(api.POST("/v1/sessions/{session_id}/digits", { params: { path }, body: { digits } }))),
    wrappedUp: () => shown(told(api.POST("/v1/sessions/{session_id}/wrap-up/done", { params: { path } }))),
    extend: () => shown(told(api.POST("/v1/sessions/{session_id}/wrap-up/extend", { params: { path } }))),
  };
}
