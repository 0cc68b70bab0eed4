/** The agent's microphone: opened once for all calls, and listened to until something was heard from it. */

import type { Microphone } from "./state";

/** Of 1: above the noise of a quiet room, below speech at an arm's length. */
const HEARD_LEVEL = 0.02;
const LOOK_MILLISECONDS = 100;

export interface Listening {
  /** Null until the browser has let us have it. */
  readonly stream: () => MediaStream | null;
  readonly stop: () => void;
}

/** Open the microphone. `level` is told how loud it is, 0..1, until it has been heard. */
export function openMicrophone(told: (is: Microphone) => void, level: (value: number) => void): Listening {
  let stream: MediaStream | null = null;
  let stopped = false;
  let deafen: () => void = () => undefined;
  const stop = () => {
    stopped = true;
    deafen();
    stream?.getTracks().forEach((track) => track.stop());
  };
  told("asking");
  // Without HTTPS, and not on this machine, browsers have no such thing.
  const devices = (navigator as Partial<Navigator>).mediaDevices;
  if (devices === undefined) {
    told("refused");
    return { stream: () => null, stop };
  }
  devices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true } }).then(
    (opened) => {
      stream = opened;
      if (stopped) {
        stop();
        return;
      }
      // Pulled out, or taken by another program.
      opened.getAudioTracks()[0]?.addEventListener("ended", () => {
        deafen();
        if (!stopped) told("missing");
      });
      told("listening");
      deafen = hear(opened, level, () => told("heard"));
    },
    (error: unknown) => {
      if (!stopped) told(error instanceof DOMException && error.name === "NotFoundError" ? "missing" : "refused");
    },
  );
  return { stream: () => stream, stop };
}

function hear(stream: MediaStream, level: (value: number) => void, heard: () => void): () => void {
  // Of its own: a muted call silences the track that is sent.
  const ear = stream.clone();
  ear.getTracks().forEach((track) => (track.enabled = true));
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(ear).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    level(peak);
    if (peak >= HEARD_LEVEL) {
      end();
      heard();
    }
  }, LOOK_MILLISECONDS);
  const end = () => {
    clearInterval(timer);
    ear.getTracks().forEach((track) => track.stop());
    if (context.state !== "closed") void context.close();
  };
  return end;
}
