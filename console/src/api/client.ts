/** The client of the public API, typed by its OpenAPI document. */

import createClient from "openapi-fetch";
import { API_BASE } from "../places";
import { session } from "../session/store";
import { problemOf } from "./problem";
import type { components, paths } from "../../.types/schema";
import { transport } from "./transport";

export type Schema = components["schemas"];

export const request = transport(session);

export const api = createClient<paths>({
  baseUrl: API_BASE,
  credentials: "same-origin",
  headers: { Accept: "application/json" },
  fetch: request,
});

interface Answer<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/** The body of an answer. Throws an `ApiProblem` for a refusal. */
export async function told<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await answer;
  if (!response.ok) throw problemOf(response, error);
  return data as T;
}

/** The body with the `ETag` to send back as `If-Match`. Throws an `ApiProblem` for a refusal. */
export async function tagged<T>(answer: Promise<Answer<T>>): Promise<{ readonly body: T; readonly tag: string }> {
  const awaited = await answer;
  const body = await told(Promise.resolve(awaited));
  return { body, tag: awaited.response.headers.get("ETag") ?? "" };
}

/** An address of the API for what is not described in its document, such as the session's own. */
export async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
  const headers = new Headers({ Accept: "application/json" });
  if (body !== undefined) headers.set("Content-Type", "application/json");
  const init: RequestInit = { method, headers, credentials: "same-origin" };
  if (body !== undefined) init.body = JSON.stringify(body);
  const response = await request(new Request(API_BASE + path, init));
  const text = await response.text();
  const read = parsed(text);
  if (!response.ok) throw problemOf(response, read);
  return read as T;
}

function parsed(text: string): unknown {
  try {
    return text === "" ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}
