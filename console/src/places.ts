/** Where things are, seen from the page's <base>, which the server puts the root path in front of. */

const base = new URL(document.baseURI);

/** The part of the address that all our routes begin with, without the last slash: `/console`. */
export const CONSOLE_PATH = base.pathname.replace(/\/$/, "");

/** What the API's paths are appended to, without the last slash. */
export const API_BASE = new URL("..", base).href.replace(/\/$/, "");

export function streamAddress(): string {
  const address = new URL("../v1/console/stream", base);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  return address.href;
}
