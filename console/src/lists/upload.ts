import { api, request, told } from "../api/client";
import { problemOf } from "../api/problem";

const LONGEST_FILENAME = 35;

/** Sends a file into a list; answers the id of the import, which goes on by itself. Throws an `ApiProblem`. */
export async function upload(list: string, filename: string, file: Blob): Promise<string> {
  const asked = await told(
    api.POST("/record-lists/{list_id}/upload-requests", {
      params: { path: { list_id: list } },
      body: { csv_metadata: { filename: filename.slice(-LONGEST_FILENAME), byte_size: file.size, content_type: "text/csv" } },
    }),
  );
  if (asked.signed_url === undefined) throw new Error("the upload has no address");
  const sent = await request(new Request(asked.signed_url, { method: "PUT", body: file, headers: { "Content-Type": "text/csv" } }));
  if (!sent.ok) throw problemOf(sent, await sent.json().catch(() => undefined));
  await told(
    api.PATCH("/record-lists/{list_id}/upload-requests/{upload_id}", {
      params: { path: { list_id: list, upload_id: asked.id } },
      body: [{ op: "replace", path: "/status", value: "UPLOADED" }],
    }),
  );
  return asked.id;
}
