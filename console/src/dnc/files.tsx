import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api, told, type Schema } from "../api/client";
import { UploadPill } from "../lists/status";
import { sendToDncList } from "../lists/upload";
import { useImportText } from "../lists/words";
import { API_BASE } from "../places";
import { IfCan } from "../session/session";
import { useFormat, useText } from "../text/text";
import { Button } from "../ui/button";
import { DataTable } from "../ui/data-table";
import { Field } from "../ui/field";
import { Loaded, Panel } from "../ui/panel";
import { ProblemOf } from "../ui/problem-of";

const AGAIN_MS = 1_000;
const MOVING: readonly Schema["ListStatus"][] = ["UPLOADED", "VALIDATION_STARTED"];

/** The files of a do-not-call list, each read as soon as it is there, and another one for it. */
export function Files({ list }: { readonly list: string }) {
  const text = useText();
  const words = useImportText();
  const format = useFormat();
  const queries = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const files = useQuery({
    queryKey: ["dnc-lists", "files", list],
    queryFn: async () => {
      const page = await told(api.GET("/v1/do-not-call-lists/{list_id}/upload-requests", { params: { path: { list_id: list } } }));
      return page._embedded.upload_requests;
    },
    refetchInterval: (query) => (query.state.data?.some((upload) => MOVING.includes(upload.status)) ? AGAIN_MS : false),
  });
  const read = files.data?.reduce((sum, upload) => sum + upload.accepted, 0) ?? 0;
  useEffect(() => {
    // What was read is on the list.
    if (read > 0) void queries.invalidateQueries({ queryKey: ["dnc-lists", "entries", list] });
  }, [queries, list, read]);
  const sending = useMutation({
    mutationFn: (chosen: File) => sendToDncList(list, chosen),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["dnc-lists"] }),
  });
  return (
    <Panel title={words.title}>
      <IfCan scope="do-not-call-lists:manage">
        <ProblemOf of={sending} what={words.start} />
        <div className="filters">
          <Field label={words.choose} hint={text.dnc.fileHint}>
            {(control) => <input {...control} type="file" accept=".csv,.txt,text/csv" onChange={(event) => setFile(event.target.files?.[0] ?? null)} />}
          </Field>
          <Button look="primary" isDisabled={file === null} isPending={sending.isPending} onPress={() => file && sending.mutate(file)}>
            {words.start}
          </Button>
        </div>
      </IfCan>
      <Loaded query={files} what={words.files} height={24}>
        {(found) =>
          found.length > 0 && (
            <DataTable
              label={words.files}
              rows={found}
              idOf={(upload) => upload.id}
              columns={[
                { id: "file", label: words.file, cell: (upload) => upload.filename ?? words.unnamed },
                {
                  id: "status",
                  label: text.campaigns.state,
                  cell: (upload) => (
                    <>
                      <UploadPill upload={upload} />
                      {upload.corrupted !== undefined && <span className="soft"> {upload.corrupted}</span>}
                    </>
                  ),
                },
                { id: "accepted", label: words.accepted, number: true, cell: (upload) => format.number(upload.accepted) },
                { id: "rejected", label: words.rejected, number: true, cell: (upload) => format.number(upload.rejected) },
                {
                  id: "rejects",
                  label: text.campaigns.actions,
                  cell: (upload) =>
                    upload.rejected > 0 && (
                      <a href={`${API_BASE}/v1/upload-requests/${upload.id}/rejects`} download>
                        {words.downloadRejects}
                      </a>
                    ),
                },
              ]}
            />
          )
        }
      </Loaded>
    </Panel>
  );
}
