/** A clock that goes on at its pace when the tab is in the background, where a page's own timers are slowed down. */

const HEARTBEAT_MS = 2_000;

setInterval(() => self.postMessage(null), HEARTBEAT_MS);
