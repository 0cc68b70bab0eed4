import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link, useParams } from "wouter";
import { api, told } from "../api/client";
import { useFilters } from "../lib/filters";
import { IfCan } from "../session/session";
import { useFormat, useText } from "../text/text";
import { DataTable } from "../ui/data-table";
import { PageHead } from "../ui/page-head";
import { Pager } from "../ui/pager";
import { Empty, Loaded, Panel } from "../ui/panel";
import { ImportForm } from "./import-form";
import { ListStatusPill, UploadPill } from "./status";
import { useImportText } from "./words";

const FILTERS = { search: "", page: "1" };
const PER_PAGE = 50;

/** One record list: its files, its records, and another file for it. */
export default function ListPage() {
  const { id } = useParams<{ id: string }>();
  const text = useText();
  const list = useQuery({
    queryKey: ["record-lists", "one", id],
    queryFn: () => told(api.GET("/record-lists/{list_id}", { params: { path: { list_id: id } } })),
  });
  return (
    <>
      <PageHead title={list.data?.name ?? text.lists.title} state={list.data && <ListStatusPill status={list.data.status} />} live={false} />
      <Loaded query={list} what={text.lists.title} height={24}>
        {(found) => (
          <p className="soft">
            {text.units.records(found.records_count)} · {text.lists.usedBy(found.campaign_page.total)}
          </p>
        )}
      </Loaded>
      <IfCan scope="record-lists:manage">
        <ImportForm list={id} />
      </IfCan>
      <Imports list={id} />
      <Records list={id} />
    </>
  );
}

function Imports({ list }: { readonly list: string }) {
  const text = useText();
  const words = useImportText();
  const format = useFormat();
  const uploads = useQuery({
    queryKey: ["record-lists", "uploads", list],
    queryFn: () => told(api.GET("/v1/record-lists/{list_id}/upload-requests", { params: { path: { list_id: list } } })),
  });
  return (
    <Panel title={words.files} flush>
      <Loaded query={uploads} what={words.files}>
        {(found) =>
          found.total === 0 ? (
            <Empty>{words.noFiles}</Empty>
          ) : (
            <DataTable
              label={words.files}
              rows={found._embedded.upload_requests}
              idOf={(upload) => upload.id}
              columns={[
                {
                  id: "file",
                  label: words.file,
                  cell: (upload) => <Link href={`/lists/${list}/import/${upload.id}`}>{upload.filename ?? words.unnamed}</Link>,
                },
                { id: "status", label: text.campaigns.state, cell: (upload) => <UploadPill upload={upload} /> },
                { id: "accepted", label: words.accepted, number: true, cell: (upload) => format.number(upload.accepted) },
                { id: "updated", label: words.updated, number: true, cell: (upload) => format.number(upload.updated) },
                { id: "rejected", label: words.rejected, number: true, cell: (upload) => format.number(upload.rejected) },
                { id: "duplicates", label: words.duplicates, number: true, cell: (upload) => format.number(upload.duplicates) },
              ]}
            />
          )
        }
      </Loaded>
    </Panel>
  );
}

function Records({ list }: { readonly list: string }) {
  const text = useText();
  const format = useFormat();
  const [filters, setFilters] = useFilters(FILTERS);
  const page = Number(filters.page);
  const records = useQuery({
    queryKey: ["record-lists", "records", list, filters],
    queryFn: () =>
      told(
        api.GET("/record-lists/{list_id}/records", {
          params: { path: { list_id: list }, query: { page, per_page: PER_PAGE, ...(filters.search !== "" && { search: filters.search }) } },
        }),
      ),
    placeholderData: keepPreviousData,
  });
  return (
    <Panel
      title={text.lists.records}
      flush
      actions={
        <label className="row small">
          {text.actions.search}
          <input className="input" type="search" value={filters.search} onChange={(event) => setFilters({ search: event.target.value, page: "1" })} />
        </label>
      }
    >
      <Loaded query={records} what={text.lists.records} height={400}>
        {(found) =>
          found.total === 0 ? (
            <Empty>{filters.search === "" ? text.lists.noRecords : text.lists.noneFit}</Empty>
          ) : (
            <>
              <DataTable
                label={text.lists.records}
                rows={found._embedded.records}
                idOf={(record) => record.id}
                columns={[
                  { id: "name", label: text.records.record, cell: (record) => `${record.first_name} ${record.last_name}` },
                  {
                    id: "phones",
                    label: text.lists.phones,
                    cell: (record) =>
                      record.phone_numbers.map((phone) => `${phone.phone_number} (${text.phoneTypes[phone.phone_type].toLowerCase()})`).join(", "),
                  },
                  { id: "zone", label: text.records.zones, cell: (record) => record.timezone },
                  { id: "priority", label: text.campaigns.priority, number: true, cell: (record) => record.priority },
                  { id: "at", label: text.lists.updated, cell: (record) => format.dateTime(record.updated_at) },
                ]}
              />
              <Pager page={page} perPage={PER_PAGE} total={found.total} onPage={(to) => setFilters({ page: String(to) })} />
            </>
          )
        }
      </Loaded>
    </Panel>
  );
}
