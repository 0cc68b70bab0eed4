import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "wouter";
import { api, told, type Schema } from "../api/client";
import { duration } from "../lib/format";
import { API_BASE } from "../places";
import { useFormat, useText } from "../text/text";
import { wordFor } from "../text/words";
import { ErrorTable } from "../ui/error-table";
import { Meter } from "../ui/meter";
import { PageHead } from "../ui/page-head";
import { Loaded, Panel } from "../ui/panel";
import { rateOf, useSeen } from "./rate";
import { ListStatusPill } from "./status";

type Upload = Schema["UploadShown"];

const AGAIN_MS = 1_000;
const ENDED: readonly Upload["status"][] = ["ACCEPTED", "REJECTED", "CORRUPTED"];

/** How far a file is read, and what became of its rows. Goes on when one leaves. */
export default function ImportPage() {
  const { id, job } = useParams<{ id: string; job: string }>();
  const text = useText();
  const upload = useQuery({
    queryKey: ["upload", job],
    queryFn: () => told(api.GET("/v1/upload-requests/{upload_id}", { params: { path: { upload_id: job } } })),
    refetchInterval: (query) => (query.state.data && ENDED.includes(query.state.data.status) ? false : AGAIN_MS),
  });
  return (
    <>
      <PageHead
        title={text.imports.pageTitle(upload.data?.filename ?? text.imports.unnamed)}
        state={upload.data && <ListStatusPill status={upload.data.status} />}
        actions={<Link href={`/lists/${id}`}>{text.imports.toList}</Link>}
        live={false}
      />
      <Loaded query={upload} what={text.imports.report}>
        {(found) => (ENDED.includes(found.status) ? <Report upload={found} /> : <Progress upload={found} at={upload.dataUpdatedAt} />)}
      </Loaded>
    </>
  );
}

function Progress({ upload, at }: { readonly upload: Upload; readonly at: number }) {
  const text = useText();
  const format = useFormat();
  const rate = rateOf(useSeen(upload.rows_done, at));
  const total = upload.rows_total;
  const left = total === undefined || rate === null ? null : ((total - upload.rows_done) / rate) * 1_000;
  const done = text.imports.rowsDone(format.number(upload.rows_done), total === undefined ? null : format.number(total));
  return (
    <Panel title={text.imports.progress}>
      <p>
        {done}
        {rate !== null && ` · ${text.imports.rate(format.number(Math.round(rate)))}`}
        {left !== null && ` · ${text.imports.left(duration(left))}`}
      </p>
      <Meter label={text.imports.progress} value={total === undefined || total === 0 ? 0 : upload.rows_done / total} text={done} />
      <p className="soft">{text.imports.leave}</p>
    </Panel>
  );
}

function Report({ upload }: { readonly upload: Upload }) {
  const text = useText();
  const format = useFormat();
  const kinds = Object.entries(upload.by_kind);
  return (
    <Panel title={text.imports.report}>
      {upload.corrupted !== undefined && (
        <p className="note tone-bad" role="alert">
          {text.imports.corrupted(upload.corrupted)}
        </p>
      )}
      <dl className="facts">
        <dt>{text.imports.accepted}</dt>
        <dd>{format.number(upload.accepted)}</dd>
        <dt>{text.imports.rejected}</dt>
        <dd>{format.number(upload.rejected)}</dd>
        <dt>{text.imports.duplicates}</dt>
        <dd>{format.number(upload.duplicates)}</dd>
      </dl>
      {kinds.length > 0 && (
        <ErrorTable
          caption={text.imports.byKind}
          errors={kinds.map(([kind, rows]) => ({
            code: kind,
            value: text.units.rows(rows),
            message: wordFor(text.imports.kinds, kind),
          }))}
        />
      )}
      {upload.rejected + upload.duplicates > 0 && (
        <p>
          <a className="button" href={`${API_BASE}/v1/upload-requests/${upload.id}/rejects`} download>
            {text.imports.downloadRejects}
          </a>{" "}
          <span className="soft">{text.imports.downloadAbout}</span>
        </p>
      )}
    </Panel>
  );
}
