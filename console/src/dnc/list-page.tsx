import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { useParams } from "wouter";
import { api, told, type Schema } from "../api/client";
import { useFilters } from "../lib/filters";
import { asE164 } from "../lib/phone";
import { IfCan } from "../session/session";
import { useFormat, useText } from "../text/text";
import { Button } from "../ui/button";
import { ConfirmAction } from "../ui/confirm-action";
import { DataTable } from "../ui/data-table";
import { Field } from "../ui/field";
import { PageHead } from "../ui/page-head";
import { Pager } from "../ui/pager";
import { Empty, Loaded, Panel } from "../ui/panel";
import { fieldsOf, ProblemOf } from "../ui/problem-of";
import { Files } from "./files";

type Entry = Schema["DncEntryShown"];

const FILTERS = { number: "", page: "1" };
const PER_PAGE = 50;

/** One do-not-call list and its numbers. */
export default function DncListPage() {
  const { id } = useParams<{ id: string }>();
  const text = useText();
  const format = useFormat();
  const [filters, setFilters] = useFilters(FILTERS);
  const page = Number(filters.page);
  const list = useQuery({
    queryKey: ["dnc-lists", "one", id],
    queryFn: () => told(api.GET("/do-not-call-lists/{list_id}", { params: { path: { list_id: id } } })),
  });
  const entries = useQuery({
    queryKey: ["dnc-lists", "entries", id, filters],
    queryFn: () =>
      told(
        api.GET("/do-not-call-lists/{list_id}/entries", {
          params: {
            path: { list_id: id },
            query: { page, per_page: PER_PAGE, ...(filters.number !== "" && { phone_number: asE164(filters.number) }) },
          },
        }),
      ),
    placeholderData: keepPreviousData,
  });
  return (
    <>
      <PageHead title={list.data?.name ?? text.dnc.title} live={false} />
      <Loaded query={list} what={text.dnc.title} height={24}>
        {(found) => <p className="soft">{text.dnc.summary(format.number(found.entries_count), found.entries_count === 1, text.lists.statuses[found.status])}</p>}
      </Loaded>
      <IfCan scope="do-not-call-lists:manage">
        <NewEntry list={id} />
      </IfCan>
      <Files list={id} />
      <Panel
        title={text.dnc.entries}
        flush
        actions={
          <label className="row small">
            {text.dnc.number}
            <input className="input" type="search" value={filters.number} onChange={(event) => setFilters({ number: event.target.value, page: "1" })} />
          </label>
        }
      >
        <Loaded query={entries} what={text.dnc.entries} height={400}>
          {(found) =>
            found.total === 0 ? (
              <Empty>{text.dnc.noEntries}</Empty>
            ) : (
              <>
                <DataTable
                  label={text.dnc.entries}
                  rows={found._embedded.entries}
                  idOf={(entry) => entry.id}
                  columns={[
                    { id: "number", label: text.dnc.number, cell: (entry) => entry.phone_number },
                    { id: "since", label: text.dnc.since, cell: (entry) => format.dateTime(entry.created_at) },
                    { id: "until", label: text.dnc.until, cell: (entry) => entry.expiration_date ?? text.dnc.forEver },
                    { id: "reason", label: text.dnc.reason, cell: (entry) => entry.reason },
                    { id: "actions", label: text.campaigns.actions, cell: (entry) => (
                        <IfCan scope="do-not-call-lists:manage">
                          <RemoveEntry entry={entry} />
                        </IfCan>
                      ) },
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

function NewEntry({ list }: { readonly list: string }) {
  const text = useText();
  const queries = useQueryClient();
  const [number, setNumber] = useState("");
  const [reason, setReason] = useState("");
  const adding = useMutation({
    mutationFn: () =>
      told(
        api.POST("/do-not-call-lists/{list_id}/entries", {
          params: { path: { list_id: list } },
          body: { phone_number: asE164(number), ...(reason !== "" && { reason }) },
        }),
      ),
    onSuccess: () => {
      setNumber("");
      setReason("");
      return queries.invalidateQueries({ queryKey: ["dnc-lists"] });
    },
  });
  const errorOf = (name: string) => fieldsOf(adding.error).find((field) => field.name === name)?.description;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    adding.mutate();
  };
  return (
    <Panel title={text.dnc.add}>
      <ProblemOf of={adding} what={text.dnc.add} />
      <form className="filters" onSubmit={submit}>
        <Field label={text.dnc.number} name="phone_number" hint={text.dnc.numberHint} error={errorOf("phone_number")}>
          {(control) => <input {...control} type="tel" required value={number} onChange={(event) => setNumber(event.target.value)} />}
        </Field>
        <Field label={text.dnc.reason} name="reason" error={errorOf("reason")} optional>
          {(control) => <input {...control} value={reason} onChange={(event) => setReason(event.target.value)} />}
        </Field>
        <Button type="submit" look="primary" isPending={adding.isPending}>
          {text.actions.add}
        </Button>
      </form>
    </Panel>
  );
}

function RemoveEntry({ entry }: { readonly entry: Entry }) {
  const text = useText();
  const queries = useQueryClient();
  const removing = useMutation({
    mutationFn: () =>
      told(
        api.DELETE("/do-not-call-lists/{list_id}/entries/{entry_id}", {
          params: { path: { list_id: entry.do_not_call_list_id, entry_id: entry.id } },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["dnc-lists"] }),
  });
  return (
    <ConfirmAction
      label={text.actions.remove}
      aria-label={`${text.actions.remove}: ${entry.phone_number}`}
      title={text.dnc.removeTitle(entry.phone_number)}
      consequence={text.dnc.removeAbout}
      verb={text.actions.remove}
      look="danger"
      small
      act={() => removing.mutateAsync()}
    />
  );
}
