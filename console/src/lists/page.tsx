import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { Link, useLocation } from "wouter";
import { api, told, type Schema } from "../api/client";
import { useFilters } from "../lib/filters";
import { IfCan } from "../session/session";
import { useFormat, useText } from "../text/text";
import { Button } from "../ui/button";
import { DataTable } from "../ui/data-table";
import { Field } from "../ui/field";
import { PageHead } from "../ui/page-head";
import { Pager } from "../ui/pager";
import { Empty, Loaded, Panel } from "../ui/panel";
import { fieldsOf, ProblemOf } from "../ui/problem-of";
import { ListStatusPill } from "./status";
import { useImportText } from "./words";

type UniqueBy = Schema["UniqueBy"];

const FILTERS = { name: "", page: "1" };
const PER_PAGE = 50;

export default function ListsPage() {
  const text = useText();
  const format = useFormat();
  const [filters, setFilters] = useFilters(FILTERS);
  const page = Number(filters.page);
  const lists = useQuery({
    queryKey: ["record-lists", filters],
    queryFn: () =>
      told(api.GET("/record-lists", { params: { query: { page, per_page: PER_PAGE, ...(filters.name !== "" && { name: filters.name }) } } })),
    placeholderData: keepPreviousData,
  });
  return (
    <>
      <PageHead title={text.lists.title} live={false} />
      <IfCan scope="record-lists:manage">
        <NewList />
      </IfCan>
      <Panel
        title={text.lists.title}
        flush
        actions={
          <label className="row small">
            {text.campaigns.name}
            <input className="input" type="search" value={filters.name} onChange={(event) => setFilters({ name: event.target.value, page: "1" })} />
          </label>
        }
      >
        <Loaded query={lists} what={text.lists.title} height={320}>
          {(found) =>
            found.total === 0 ? (
              <Empty>{filters.name === "" ? text.lists.none : text.lists.noneFit}</Empty>
            ) : (
              <>
                <DataTable
                  label={text.lists.title}
                  rows={found._embedded.record_lists}
                  idOf={(list) => list.id}
                  columns={[
                    { id: "name", label: text.campaigns.name, cell: (list) => <Link href={`/lists/${list.id}`}>{list.name}</Link> },
                    { id: "status", label: text.campaigns.state, cell: (list) => <ListStatusPill status={list.status} /> },
                    { id: "records", label: text.lists.records, number: true, cell: (list) => format.number(list.records_count) },
                    { id: "campaigns", label: text.lists.campaigns, number: true, cell: (list) => format.number(list.campaign_page.total) },
                    { id: "at", label: text.lists.updated, cell: (list) => format.dateTime(list.updated_at) },
                  ]}
                />
                <Pager page={page} perPage={PER_PAGE} total={found.total} onPage={(to) => setFilters({ page: String(to) })} />
              </>
            )
          }
        </Loaded>
      </Panel>
    </>
  );
}

function NewList() {
  const text = useText();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const words = useImportText();
  const [name, setName] = useState("");
  const [uniqueBy, setUniqueBy] = useState<UniqueBy>("PHONE_NUMBER");
  const making = useMutation({
    mutationFn: () => told(api.POST("/record-lists", { body: { name, unique_identifier_type: uniqueBy } })),
    onSuccess: async (list) => {
      await Promise.all([queries.invalidateQueries({ queryKey: ["record-lists"] }), queries.invalidateQueries({ queryKey: ["things"] })]);
      navigate(`/lists/${list.id}`);
    },
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    making.mutate();
  };
  return (
    <Panel title={text.lists.newList}>
      <ProblemOf of={making} what={text.lists.newList} />
      <form className="filters" onSubmit={submit}>
        <Field label={text.campaigns.name} error={fieldsOf(making.error)[0]?.description}>
          {(control) => <input {...control} required maxLength={120} value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
        <Field label={words.uniqueBy} hint={words.uniqueByHint}>
          {(control) => (
            <select {...control} value={uniqueBy} onChange={(event) => setUniqueBy(event.target.value as UniqueBy)}>
              {Object.entries(words.uniqueBys).map(([kind, said]) => (
                <option key={kind} value={kind}>
                  {said}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Button type="submit" look="primary" isPending={making.isPending}>
          {text.lists.createAndImport}
        </Button>
      </form>
    </Panel>
  );
}
