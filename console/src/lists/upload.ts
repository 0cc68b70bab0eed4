import { api, request, told, type Schema } from "../api/client";
import { problemOf } from "../api/problem";

const LONGEST_FILENAME = 35;

type Ask = (csv_metadata: NonNullable<Schema["FileIn"]>) => Promise<{ readonly id: string; readonly signed_url?: string }>;

/** Sends a file to a record list, where it waits to be looked at; answers its id. Throws an `ApiProblem`. */
export const sendToList = (list: string, file: File): Promise<string> =>
  send(file, (csv_metadata) =>
    told(api.POST("/record-lists/{list_id}/upload-requests", { params: { path: { list_id: list } }, body: { csv_metadata } })),
  );

/** Sends a file to a do-not-call list, which reads it at once; answers its id. Throws an `ApiProblem`. */
export const sendToDncList = (list: string, file: File): Promise<string> =>
  send(file, (csv_metadata) =>
    told(api.POST("/v1/do-not-call-lists/{list_id}/upload-requests", { params: { path: { list_id: list } }, body: { csv_metadata } })),
  );

async function send(file: File, ask: Ask): Promise<string> {
  const asked = await ask({ filename: file.name.slice(-LONGEST_FILENAME), byte_size: file.size, content_type: "text/csv" });
  if (asked.signed_url === undefined) throw new Error("the upload has no address");
  const sent = await request(new Request(asked.signed_url, { method: "PUT", body: file, headers: { "Content-Type": "text/csv" } }));
  if (!sent.ok) throw problemOf(sent, await sent.json().catch(() => undefined));
  return asked.id;
}
