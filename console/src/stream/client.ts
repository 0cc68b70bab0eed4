/** One WebSocket for all that a tab wants to know; without it, polling. Comes back by itself, always. */

import { heardTime, timeAt, type ServerClock } from "../lib/server-clock";
import { AT_FIRST, pauseBefore, step, type Link, type LinkEvent } from "./link";
import type { Json } from "./merge-patch";
import { CLOSED_SESSION_OVER, readMessage, type ServerMessage } from "./messages";
import { heard, NOTHING_YET, type TopicState } from "./topic";

export interface PolledSnapshot {
  readonly topic: string;
  readonly seq: number;
  readonly ts: string;
  readonly data: Json;
}

/** What the client needs of the world; tests bring another one. */
export interface World {
  open(): WebSocket;
  poll(topic: string): Promise<PolledSnapshot>;
  now(): number;
  chance(): number;
  after(ms: number, act: () => void): () => void;
}

const TICK_MS = 500;
const POLL_MS = 3_000;
/** A socket that is open and says nothing for so long is given up. */
const GIVEN_UP_AFTER_MS = 15_000;
/** Closed so often without a word of the server, the socket counts as blocked on its way, and polling begins. */
const REFUSALS_BEFORE_POLLING = 2;
const HIDDEN_FOR_MS = 60_000;

type Listener = () => void;

export class StreamClient {
  #link: Link = AT_FIRST;
  #clock: ServerClock | null = null;
  readonly #topics = new Map<string, { state: TopicState; users: number }>();
  readonly #listeners = new Set<Listener>();
  #socket: WebSocket | null = null;
  #running = false;
  #kept = 0;
  #refusals = 0;
  readonly #stops = new Map<"retry" | "tick" | "poll" | "hide", () => void>();

  constructor(
    private readonly world: World,
    private readonly onSessionOver: () => void,
  ) {}

  readonly link = (): Link => this.#link;

  readonly topic = (name: string): TopicState => this.#topics.get(name)?.state ?? NOTHING_YET;

  /** The server's time now, or null before it said any. */
  readonly serverNow = (): number | null => (this.#clock === null ? null : timeAt(this.#clock, this.world.now()));

  readonly listen = (listener: Listener): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Want a topic until the returned function is called. Several may want the same one. */
  readonly want = (name: string): (() => void) => {
    const known = this.#topics.get(name);
    if (known) known.users += 1;
    else {
      this.#topics.set(name, { state: NOTHING_YET, users: 1 });
      this.#say("sub", name);
      if (this.#link.phase === "polling") void this.#poll();
    }
    return () => {
      const entry = this.#topics.get(name);
      if (!entry) return;
      entry.users -= 1;
      if (entry.users > 0) return;
      this.#topics.delete(name);
      this.#say("unsub", name);
    };
  };

  /** Keep the socket while the tab is hidden, until the returned function is called: an agent is at work. */
  readonly keep = (): (() => void) => {
    this.#kept += 1;
    return () => (this.#kept -= 1);
  };

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#connect();
    this.#every("tick", TICK_MS, () => this.#tick());
  }

  stop(): void {
    this.#running = false;
    for (const stop of this.#stops.values()) stop();
    this.#stops.clear();
    this.#drop();
    this.#link = AT_FIRST;
  }

  /** The tab was hidden or shown again. */
  visible(shown: boolean): void {
    this.#stop("hide");
    if (shown) {
      if (this.#running && this.#socket === null) this.#connect();
      return;
    }
    this.#stops.set(
      "hide",
      this.world.after(HIDDEN_FOR_MS, () => {
        if (this.#kept > 0) return;
        this.#stop("retry");
        this.#drop();
        this.#change({ type: "closed" });
      }),
    );
  }

  #connect(): void {
    this.#stop("retry");
    if (!this.#running || this.#socket !== null) return;
    this.#change({ type: "opening" });
    let socket: WebSocket;
    try {
      socket = this.world.open();
    } catch {
      this.#closed(0);
      return;
    }
    this.#socket = socket;
    let spoke = false;
    socket.onopen = () => {
      for (const name of this.#topics.keys()) this.#say("sub", name);
    };
    socket.onmessage = (event: MessageEvent) => {
      const message = typeof event.data === "string" ? readMessage(event.data) : null;
      if (!message) return;
      spoke = true;
      this.#heard(message);
    };
    socket.onclose = (event) => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#refusals = spoke ? 0 : this.#refusals + 1;
      this.#closed(event.code);
    };
  }

  #closed(code: number): void {
    this.#change({ type: "closed" });
    if (code === CLOSED_SESSION_OVER) {
      this.onSessionOver();
      return;
    }
    if (!this.#running) return;
    if (this.#refusals >= REFUSALS_BEFORE_POLLING && !this.#stops.has("poll")) {
      void this.#poll();
      this.#every("poll", POLL_MS, () => void this.#poll());
    }
    const pause = pauseBefore(this.#link.attempts, this.world.chance());
    this.#stops.set("retry", this.world.after(pause, () => this.#connect()));
  }

  #heard(message: ServerMessage): void {
    this.#stop("poll");
    this.#refusals = 0;
    if (message.op !== "refused") this.#time(message.ts);
    if ("topic" in message) this.#update(message.topic, message);
    this.#change({ type: "message", at: this.world.now() });
  }

  #update(name: string, message: ServerMessage): void {
    const entry = this.#topics.get(name);
    if (!entry) return;
    const before = entry.state;
    entry.state = heard(before, message);
    if (entry.state.behind && !before.behind) this.#say("sub", name);
  }

  #time(ts: string): void {
    this.#clock = heardTime(this.#clock, Date.parse(ts), this.world.now());
  }

  async #poll(): Promise<void> {
    try {
      const topics = [...this.#topics.keys()];
      const snapshots = await Promise.all(topics.map((topic) => this.world.poll(topic)));
      if (!this.#stops.has("poll")) return;
      for (const snapshot of snapshots) {
        this.#time(snapshot.ts);
        this.#update(snapshot.topic, { op: "snapshot", ...snapshot });
      }
      this.#change({ type: "polled", at: this.world.now() });
    } catch {
      this.#change({ type: "poll-failed" });
    }
  }

  #tick(): void {
    const now = this.world.now();
    this.#change({ type: "tick", at: now });
    const { phase, heardAt } = this.#link;
    if (phase === "stale" && heardAt !== null && now - heardAt >= GIVEN_UP_AFTER_MS) {
      this.#drop();
      this.#closed(0);
    }
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #say(op: "sub" | "unsub", topic: string): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ op, topic }));
  }

  #change(event: LinkEvent): void {
    const next = step(this.#link, event);
    if (next === this.#link && event.type === "tick") return;
    this.#link = next;
    for (const listener of [...this.#listeners]) listener();
  }

  #every(name: "tick" | "poll", ms: number, act: () => void): void {
    const again = (): void => {
      this.#stops.set(
        name,
        this.world.after(ms, () => {
          again();
          act();
        }),
      );
    };
    again();
  }

  #stop(name: "retry" | "tick" | "poll" | "hide"): void {
    this.#stops.get(name)?.();
    this.#stops.delete(name);
  }
}
