/** The phone at work: its microphone, its lines and what they tell. */

import { useEffect, useReducer, useRef, useState } from "react";
import type { Schema } from "../api/client";
import { openLine, type PhoneLine } from "./line";
import { openMicrophone, type Listening } from "./microphone";
import { atFirst, step, type PhoneState } from "./state";

export type Offer = Schema["BrowserPhoneShown"];

export interface Phone {
  readonly state: PhoneState;
  /** Of the microphone, 0..1, until it has been heard. */
  readonly level: number;
  readonly tryMicrophone: () => void;
  readonly answer: (id: string) => void;
  readonly hangUp: (id: string) => void;
  readonly mute: (on: boolean) => void;
}

export function usePhone(offer: Offer): Phone {
  const [state, dispatch] = useReducer(step, offer.servers, atFirst);
  const [level, setLevel] = useState(0);
  const [tries, setTries] = useState(0);
  const microphone = useRef<Listening>(null);
  const lines = useRef<readonly PhoneLine[]>([]);

  useEffect(() => {
    const opened = openMicrophone((is) => {
      dispatch({ type: "microphone", is });
      const stream = is === "listening" ? microphone.current?.stream() : null;
      if (stream) lines.current.forEach((line) => line.speak(stream));
    }, setLevel);
    microphone.current = opened;
    return opened.stop;
  }, [tries]);

  useEffect(() => {
    const me = { ...offer, iceServers: offer.ice_servers.map((one) => ({ ...one })) };
    const opened = offer.servers.map((server) => openLine(server, me, () => microphone.current?.stream() ?? null, dispatch));
    lines.current = opened;
    return () => opened.forEach((line) => line.close());
  }, [offer]);

  const all = (act: (line: PhoneLine) => void) => lines.current.forEach(act);
  return {
    state,
    level,
    tryMicrophone: () => setTries((before) => before + 1),
    answer: (id) => all((line) => line.answer(id)),
    hangUp: (id) => all((line) => line.hangUp(id)),
    mute: (on) => {
      all((line) => line.mute(on));
      dispatch({ type: "muted", is: on });
    },
  };
}
