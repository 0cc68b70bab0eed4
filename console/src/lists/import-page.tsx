import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "wouter";
import { api, told, type Schema } from "../api/client";
import { duration } from "../lib/format";
import { API_BASE } from "../places";
import { IfCan } from "../session/session";
import { useFormat } from "../text/text";
import { ConfirmAction } from "../ui/confirm-action";
import { Meter } from "../ui/meter";
import { PageHead } from "../ui/page-head";
import { Loaded, Panel } from "../ui/panel";
import { Counts, Kinds } from "./counts";
import { ImportForm } from "./import-form";
import { Prepare } from "./prepare";
import { rateOf, useSeen } from "./rate";
import { UploadPill } from "./status";
import { useImportText } from "./words";

type Upload = Schema["UploadShown"];

const AGAIN_MS = 1_000;
const ENDED: readonly Upload["status"][] = ["ACCEPTED", "REJECTED", "CORRUPTED"];
const MOVING: readonly Upload["status"][] = ["UPLOADED", "VALIDATION_STARTED"];

/** A file of a list: looked at, then how far it is read, then what became of its rows. Goes on when one leaves. */
export default function ImportPage() {
  const { id, job } = useParams<{ id: string; job: string }>();
  const words = useImportText();
  const upload = useQuery({
    queryKey: ["upload", job],
    queryFn: () => told(api.GET("/v1/upload-requests/{upload_id}", { params: { path: { upload_id: job } } })),
    refetchInterval: (query) => (query.state.data && MOVING.includes(query.state.data.status) ? AGAIN_MS : false),
  });
  return (
    <>
      <PageHead
        title={words.pageTitle(upload.data?.filename ?? words.unnamed)}
        state={upload.data && <UploadPill upload={upload.data} />}
        actions={<Link href={`/lists/${id}`}>{words.toList}</Link>}
        live={false}
      />
      <Loaded query={upload} what={words.report}>
        {(found) => {
          if (ENDED.includes(found.status)) return <Ended list={id} upload={found} />;
          if (MOVING.includes(found.status)) return <Progress upload={found} at={upload.dataUpdatedAt} />;
          return <Prepare list={id} upload={found} />;
        }}
      </Loaded>
    </>
  );
}

function Progress({ upload, at }: { readonly upload: Upload; readonly at: number }) {
  const words = useImportText();
  const format = useFormat();
  const queries = useQueryClient();
  const rate = rateOf(useSeen(upload.rows_done, at));
  const total = upload.rows_total;
  const left = total === undefined || rate === null ? null : ((total - upload.rows_done) / rate) * 1_000;
  const done = words.rowsDone(format.number(upload.rows_done), total === undefined ? null : format.number(total));
  const canceling = upload.cancel_asked_at !== undefined;
  const cancel = async () => {
    await told(api.POST("/v1/upload-requests/{upload_id}/cancel", { params: { path: { upload_id: upload.id } } }));
    await queries.invalidateQueries({ queryKey: ["upload", upload.id] });
  };
  return (
    <Panel title={words.progress}>
      <p>
        {done}
        {rate !== null && ` · ${words.rate(format.number(Math.round(rate)))}`}
        {left !== null && ` · ${words.left(duration(left))}`}
      </p>
      <Meter label={words.progress} value={total === undefined || total === 0 ? 0 : upload.rows_done / total} text={done} />
      <p className="soft">{canceling ? words.canceling : words.leave}</p>
      {!canceling && (
        <IfCan scope="record-lists:manage">
          <div className="form-actions">
            <ConfirmAction
              label={words.cancel}
              title={words.cancelTitle}
              consequence={[words.cancelAbout(format.number(upload.rows_done)), ...(upload.updated > 0 ? [words.updatesStay] : [])].join(" ")}
              verb={words.cancel}
              look="danger"
              act={cancel}
            />
          </div>
        </IfCan>
      )}
    </Panel>
  );
}

function Ended({ list, upload }: { readonly list: string; readonly upload: Upload }) {
  const words = useImportText();
  const refused = upload.rejected + upload.duplicates;
  const repair = upload.cancel_asked_at === undefined && refused > 0;
  return (
    <div className="stack">
      <Panel title={words.report}>
        {upload.corrupted !== undefined && (
          <p className="note tone-bad" role="alert">
            {words.corrupted(upload.corrupted)}
          </p>
        )}
        {upload.cancel_asked_at !== undefined && (
          <p className="note">
            {words.canceled}
            {upload.updated > 0 && ` ${words.updatesStay}`}
          </p>
        )}
        <Counts of={upload} rows={upload.rows_done} />
        <Kinds of={upload.by_kind} />
        {refused > 0 && (
          <p>
            <a className="button" href={`${API_BASE}/v1/upload-requests/${upload.id}/rejects`} download>
              {words.downloadRejects}
            </a>{" "}
            <span className="soft">{words.downloadAbout}</span>
          </p>
        )}
      </Panel>
      <IfCan scope="record-lists:manage">
        <ImportForm list={list} title={words.again} {...(repair && { label: words.repaired })} />
      </IfCan>
    </div>
  );
}
