/** How requests travel: with the cookie and its CSRF token; one that meets an ended session waits and goes again. */

import { unreachable } from "./problem";
import type { SessionStore } from "../session/store";

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);
const CSRF_HEADER = "X-CSRF-Token";

/** A `fetch` for signed-in requests.
 *
 * Rejects with an `ApiProblem` of status 0 when no answer came; every answer, also a refusal, resolves.
 */
export function transport(session: SessionStore, send: typeof fetch = fetch): (request: Request) => Promise<Response> {
  const attempt = async (request: Request): Promise<Response> => {
    const copy = request.clone();
    if (!SAFE.has(copy.method) && session.csrfToken !== null) copy.headers.set(CSRF_HEADER, session.csrfToken);
    try {
      return await send(copy);
    } catch (error) {
      if (request.signal.aborted) throw error;
      throw unreachable(error);
    }
  };
  return async (request) => {
    const response = await attempt(request);
    if (response.status !== 401) return response;
    session.refused();
    if (session.get().kind !== "ended") return response;
    return (await session.settled()) ? attempt(request) : response;
  };
}
