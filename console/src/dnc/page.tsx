import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { Link } from "wouter";
import { api, told } from "../api/client";
import { dncListsQuery } from "../api/things";
import { IfCan } from "../session/session";
import { useFilters } from "../lib/filters";
import { asE164 } from "../lib/phone";
import { useFormat, useText } from "../text/text";
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
  const lists = useQuery(dncListsQuery);
  const [number, setNumber] = useState("");
  const asking = useMutation({
    mutationFn: async (phone: string) => {
      const found = await Promise.all(
        (lists.data ?? []).map(async (list) => {
          const page = await told(
            api.GET("/do-not-call-lists/{list_id}/entries", { params: { path: { list_id: list.id }, query: { phone_number: phone } } }),
          );
          return page._embedded.entries.filter((entry) => entry.phone_number === phone).map((entry) => ({ list, entry }));
        }),
      );
      return found.flat();
    },
  });
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
        <Button type="submit" look="primary" isPending={asking.isPending} isDisabled={lists.data === undefined}>
          {text.dnc.ask}
        </Button>
      </form>
      <ProblemOf of={asking} what={text.dnc.lookUp} />
      <div role="status">
        {asking.data?.length === 0 && <p>{text.dnc.free(asking.variables ?? "", lists.data?.length ?? 0)}</p>}
        {asking.data !== undefined && asking.data.length > 0 && (
          <DataTable
            label={text.dnc.blocked}
            rows={asking.data}
            idOf={({ entry }) => entry.id}
            columns={[
              { id: "list", label: text.dnc.blockedBy, cell: ({ list }) => <Link href={`/dnc/${list.id}`}>{list.name}</Link> },
              { id: "since", label: text.dnc.since, cell: ({ entry }) => format.dateTime(entry.created_at) },
              { id: "until", label: text.dnc.until, cell: ({ entry }) => entry.expiration_date ?? text.dnc.forEver },
              { id: "reason", label: text.dnc.reason, cell: ({ entry }) => entry.reason },
            ]}
          />
        )}
      </div>
    </Panel>
  );
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
