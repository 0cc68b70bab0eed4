import { createContext, use, useCallback, useEffect, useMemo, useSyncExternalStore, type ReactNode } from "react";
import { ask } from "../api/client";
import { streamAddress } from "../places";
import { session } from "../session/store";
import { StreamClient, type PolledSnapshot, type World } from "./client";
import type { Link } from "./link";
import type { AgentsTopic, CampaignsTopic, CampaignTopic, SessionTopic } from "./topics";
import type { TopicState } from "./topic";

const browser: World = {
  open: () => new WebSocket(streamAddress()),
  poll: (topic) => ask<PolledSnapshot>("GET", `/v1/console/snapshot?topic=${encodeURIComponent(topic)}`),
  now: () => performance.now(),
  chance: () => Math.random(),
  after: (ms, act) => {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
};

const StreamContext = createContext<StreamClient | null>(null);

/** The stream of a signed-in user; the socket lives as long as this does. */
export function StreamProvider({ children }: { readonly children: ReactNode }) {
  const client = useMemo(() => new StreamClient(browser, () => session.refused()), []);
  useEffect(() => {
    const watch = () => client.visible(!document.hidden);
    document.addEventListener("visibilitychange", watch);
    client.start();
    // The sockets of an ended session are closed; a new sign-in opens another.
    const stopWatchingSession = session.subscribe(() => {
      if (session.get().kind === "signed-in") client.visible(true);
    });
    return () => {
      stopWatchingSession();
      document.removeEventListener("visibilitychange", watch);
      client.stop();
    };
  }, [client]);
  return <StreamContext value={client}>{children}</StreamContext>;
}

export function useStream(): StreamClient {
  const client = use(StreamContext);
  if (client === null) throw new Error("useStream outside of StreamProvider");
  return client;
}

export function useLink(): Link {
  const client = useStream();
  return useSyncExternalStore(client.listen, client.link);
}

export interface TopicView<T> extends Omit<TopicState, "data"> {
  readonly data: T | undefined;
}

/** A topic's figures as they change; null wants none. */
function useTopic<T>(name: string | null): TopicView<T> {
  const client = useStream();
  useEffect(() => (name === null ? undefined : client.want(name)), [client, name]);
  const read = useCallback(() => client.topic(name ?? ""), [client, name]);
  return useSyncExternalStore(client.listen, read) as TopicView<T>;
}

export const useCampaignsTopic = () => useTopic<CampaignsTopic>("campaigns");
export const useAgentsTopic = () => useTopic<AgentsTopic>("agents");
export const useCampaignTopic = (id: string) => useTopic<CampaignTopic>(`campaign:${id}`);
export const useSessionTopic = (id: string | null) => useTopic<SessionTopic>(id === null ? null : `session:${id}`);

const EVERY_SECOND_MS = 1_000;

/** The server's time in milliseconds, to the second; it stands still while the link is down. Null before it is known. */
export function useServerNow(): number | null {
  const client = useStream();
  const subscribe = useCallback(
    (changed: () => void) => {
      const timer = setInterval(changed, EVERY_SECOND_MS);
      const stop = client.listen(changed);
      return () => {
        clearInterval(timer);
        stop();
      };
    },
    [client],
  );
  return useSyncExternalStore(subscribe, () => {
    const now = client.serverNow();
    return now === null ? null : Math.floor(now / 1_000) * 1_000;
  });
}
