import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { Link } from "wouter";
import { api, told, type Schema } from "../api/client";
import { IfCan } from "../session/session";
import { useFilters } from "../lib/filters";
import { asE164 } from "../lib/phone";
import { useFormat, useText, type Text } from "../text/text";
import { Button } from "../ui/button";
import { DataTable } from "../ui/data-table";
import { Field } from "../ui/field";
import { PageHead } from "../ui/page-head";
import { Pager } from "../ui/pager";
import { Empty, Loaded, Panel } from "../ui/panel";
import { fieldsOf, ProblemOf } from "../ui/problem-of";

const FILTERS = { page: "1" };
const PER_PAGE = 50;

/** The do-not-call lists, and which of them block a number. */
export default function DncPage() {
  const text = useText();
  const format = useFormat();
  const [filters, setFilters] = useFilters(FILTERS);
  const page = Number(filters.page);
  const lists = useQuery({
    queryKey: ["dnc-lists", page],
    queryFn: () => told(api.GET("/do-not-call-lists", { params: { query: { page, per_page: PER_PAGE } } })),
    placeholderData: keepPreviousData,
  });
  return (
    <>
      <PageHead title={text.dnc.title} live={false} />
      <LookUp />
      <Panel title={text.dnc.lists} flush>
        <Loaded query={lists} what={text.dnc.lists} height={240}>
          {(found) =>
            found.total === 0 ? (
              <Empty>{text.dnc.noLists}</Empty>
            ) : (
              <>
                <DataTable
                  label={text.dnc.lists}
                  rows={found._embedded.do_not_call_lists}
                  idOf={(list) => list.id}
                  columns={[
                    { id: "name", label: text.campaigns.name, cell: (list) => <Link href={`/dnc/${list.id}`}>{list.name}</Link> },
                    { id: "status", label: text.campaigns.state, cell: (list) => text.lists.statuses[list.status] },
                    { id: "count", label: text.dnc.entries, number: true, cell: (list) => format.number(list.entries_count) },
                    { id: "campaigns", label: text.dnc.usedBy, number: true, cell: (list) => format.number(list.campaign_page.total) },
                    { id: "at", label: text.lists.updated, cell: (list) => format.dateTime(list.updated_at) },
                  ]}
                />
                <Pager page={page} perPage={PER_PAGE} total={found.total} onPage={(to) => setFilters({ page: String(to) })} />
              </>
            )
          }
        </Loaded>
      </Panel>
      <IfCan scope="do-not-call-lists:manage">
        <NewList />
      </IfCan>
    </>
  );
}

/** Asks every list for one number. */
function LookUp() {
  const text = useText();
  const format = useFormat();
  const [number, setNumber] = useState("");
  const asking = useMutation({
    mutationFn: (phone: string) => told(api.GET("/v1/do-not-call-lists/lookup", { params: { query: { number: phone } } })),
  });
  const found = asking.data;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    asking.mutate(asE164(number));
  };
  return (
    <Panel title={text.dnc.lookUp}>
      <form className="filters" onSubmit={submit}>
        <Field label={text.dnc.number} name="phone_number" hint={text.dnc.numberHint} error={fieldsOf(asking.error)[0]?.description}>
          {(control) => (
            <input {...control} type="tel" required autoComplete="off" value={number} onChange={(event) => setNumber(event.target.value)} />
          )}
        </Field>
        <Button type="submit" look="primary" isPending={asking.isPending}>
          {text.dnc.ask}
        </Button>
      </form>
      <ProblemOf of={asking} what={text.dnc.lookUp} />
      <div role="status">
        {found !== undefined && !found.blocked && <p>{text.dnc.free(found.phone_number, found.lists_asked)}</p>}
        {found !== undefined && found.entries.length > 0 && (
          <DataTable
            label={found.blocked ? text.dnc.blocked : text.dnc.wasBlocked}
            rows={found.entries}
            idOf={({ entry }) => entry.id}
            columns={[
              {
                id: "list",
                label: text.dnc.blockedBy,
                cell: ({ entry, list_name, account_wide }) => (
                  <>
                    <Link href={`/dnc/${entry.do_not_call_list_id}`}>{list_name}</Link>
                    {account_wide && <span className="soft"> {text.dnc.accountWide}</span>}
                  </>
                ),
              },
              { id: "force", label: text.campaigns.state, cell: ({ in_force }) => (in_force ? text.dnc.blocks : text.dnc.over) },
              { id: "since", label: text.dnc.since, cell: ({ entry }) => format.dateTime(entry.created_at) },
              { id: "until", label: text.dnc.until, cell: ({ entry }) => entry.expiration_date ?? text.dnc.forEver },
              { id: "reason", label: text.dnc.reason, cell: ({ entry }) => entry.reason },
              { id: "by", label: text.dnc.by, cell: ({ put_by }) => whoOf(text, put_by) },
            ]}
          />
        )}
      </div>
    </Panel>
  );
}

function whoOf(text: Text, by: Schema["PutBy"] | undefined): string {
  if (by === undefined) return text.dnc.byFile;
  return by.name ?? by.client_id ?? text.audit.somebody;
}

function NewList() {
  const text = useText();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const making = useMutation({
    mutationFn: () => told(api.POST("/do-not-call-lists", { body: { name } })),
    onSuccess: async () => {
      setName("");
      await Promise.all([queries.invalidateQueries({ queryKey: ["dnc-lists"] }), queries.invalidateQueries({ queryKey: ["things"] })]);
    },
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    making.mutate();
  };
  return (
    <Panel title={text.dnc.newList}>
      <ProblemOf of={making} what={text.dnc.newList} />
      <form className="filters" onSubmit={submit}>
        <Field label={text.campaigns.name} error={fieldsOf(making.error)[0]?.description}>
          {(control) => <input {...control} required value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
        <Button type="submit" isPending={making.isPending}>
          {text.actions.create}
        </Button>
      </form>
    </Panel>
  );
}
