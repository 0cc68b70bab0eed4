import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { api, told, type Schema } from "../api/client";
import { allPages, usersQuery } from "../api/things";
import { useFilters } from "../lib/filters";
import { useMayChange } from "../session/session";
import { phones as en } from "../text/en/phones";
import { useLate } from "../text/late";
import { phones as pt } from "../text/pt/phones";
import { useText } from "../text/text";
import { Button } from "../ui/button";
import { ConfirmAction } from "../ui/confirm-action";
import { DataTable } from "../ui/data-table";
import { Dialog } from "../ui/dialog";
import { Field } from "../ui/field";
import { Pager } from "../ui/pager";
import { Empty, Loaded, Panel } from "../ui/panel";
import { fieldsOf, ProblemOf } from "../ui/problem-of";

type Phone = Schema["PhoneAgentShown"];
type Mode = Phone["mode"];

const WORDS = { en, pt };
const KEY = ["phone-agents"];
const FILTERS = { page: "1" };
const PER_PAGE = 50;
const MODES: readonly Mode[] = ["ON_DEMAND", "NAILED_UP"];

const path = (phone: Phone) => ({ params: { path: { agent_id: phone.id } } });

/** Where calls reach the agents. */
export default function Phones() {
  const text = useText();
  const words = useLate(WORDS);
  const mayChange = useMayChange();
  const writes = mayChange("users:write");
  const [filters, setFilters] = useFilters(FILTERS);
  const page = Number(filters.page);
  const phones = useQuery({
    queryKey: [...KEY, page],
    queryFn: () => told(api.GET("/v1/phone-agents", { params: { query: { page, per_page: PER_PAGE } } })),
    placeholderData: keepPreviousData,
  });
  const users = useQuery(usersQuery);
  const nameOf = (phone: Phone) => users.data?.find((user) => user.id === phone.user_id)?.name ?? phone.user_id;
  return (
    <>
      <p className="soft">
        {words.about} {words.passwords}
      </p>
      {writes && <NewPhone />}
      <Panel title={text.settings.parts.phones} flush>
        <Loaded query={phones} what={text.settings.parts.phones} height={240}>
          {(found) =>
            found.total === 0 ? (
              <Empty>{words.none}</Empty>
            ) : (
              <>
                <DataTable<Phone>
                  label={text.settings.parts.phones}
                  rows={found._embedded.phone_agents}
                  idOf={(phone) => phone.id}
                  columns={[
                    { id: "agent", label: words.agent, cell: nameOf },
                    { id: "address", label: words.address, cell: (phone) => <span className="mono">{phone.address}</span> },
                    { id: "mode", label: words.mode, cell: (phone) => words.modes[phone.mode] },
                    { id: "actions", label: text.campaigns.actions, cell: (phone) => writes && <Commands phone={phone} name={nameOf(phone)} /> },
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

/** The users who have none yet, by name. */
function useWithoutPhone() {
  const users = useQuery(usersQuery);
  const having = useQuery({
    queryKey: [...KEY, "all"],
    queryFn: () =>
      allPages(
        (page) => told(api.GET("/v1/phone-agents", { params: { query: { page, per_page: 500 } } })),
        (page) => page._embedded.phone_agents.map((phone) => phone.user_id),
      ),
  });
  if (users.data === undefined || having.data === undefined) return null;
  const taken = new Set(having.data);
  return users.data.filter((user) => !taken.has(user.id));
}

interface PhoneFieldsProps {
  readonly address: string;
  readonly onAddress: (address: string) => void;
  readonly mode: Mode;
  readonly onMode: (mode: Mode) => void;
  readonly error: Error | null;
}

function PhoneFields({ address, onAddress, mode, onMode, error }: PhoneFieldsProps) {
  const words = useLate(WORDS);
  const isWrong = fieldsOf(error).some((field) => field.name === "address");
  return (
    <>
      <Field label={words.address} hint={words.addressHint} error={isWrong ? words.noAddress : undefined}>
        {(control) => (
          <input {...control} required maxLength={255} autoComplete="off" spellCheck={false} value={address} onChange={(event) => onAddress(event.target.value)} />
        )}
      </Field>
      <Field label={words.mode} hint={words.modeHint}>
        {(control) => (
          <select {...control} value={mode} onChange={(event) => onMode(event.target.value as Mode)}>
            {MODES.map((one) => (
              <option key={one} value={one}>
                {words.modes[one]}
              </option>
            ))}
          </select>
        )}
      </Field>
    </>
  );
}

function NewPhone() {
  const text = useText();
  const words = useLate(WORDS);
  const queries = useQueryClient();
  const without = useWithoutPhone();
  const [chosen, setChosen] = useState("");
  const [address, setAddress] = useState("");
  const [mode, setMode] = useState<Mode>("ON_DEMAND");
  const user = without?.find((one) => one.id === chosen) ?? without?.[0];
  const giving = useMutation({
    mutationFn: (id: string) => told(api.POST("/v1/phone-agents", { body: { user_id: id, address: address.trim(), mode } })),
    onSuccess: () => {
      setChosen("");
      setAddress("");
    },
    // Also where somebody else was faster: then there is one more phone.
    onSettled: () => queries.invalidateQueries({ queryKey: KEY }),
  });
  if (without === null) return null;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (user !== undefined) giving.mutate(user.id);
  };
  return (
    <Panel title={words.give}>
      {user === undefined && <p className="soft">{words.everybodyHas}</p>}
      <ProblemOf of={giving} what={words.give} />
      {user !== undefined && (
        <form className="stack" onSubmit={submit}>
          <Field label={words.agent} error={fieldsOf(giving.error).find((field) => field.name === "user_id")?.description}>
            {(control) => (
              <select {...control} value={user.id} onChange={(event) => setChosen(event.target.value)}>
                {without.map((one) => (
                  <option key={one.id} value={one.id}>
                    {one.detail === undefined ? one.name : `${one.name} · ${one.detail}`}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <PhoneFields address={address} onAddress={setAddress} mode={mode} onMode={setMode} error={giving.error} />
          <div>
            <Button type="submit" look="primary" isPending={giving.isPending}>
              {text.actions.add}
            </Button>
          </div>
        </form>
      )}
    </Panel>
  );
}

function Commands({ phone, name }: { readonly phone: Phone; readonly name: string }) {
  const text = useText();
  const words = useLate(WORDS);
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const remove = () =>
    told(api.DELETE("/v1/phone-agents/{agent_id}", path(phone))).then(() => queries.invalidateQueries({ queryKey: KEY }));
  return (
    <div className="row row-end">
      <Button small aria-label={`${text.actions.edit}: ${name}`} onPress={() => setOpen(true)}>
        {text.actions.edit}
      </Button>
      <Dialog title={words.changeTitle(name)} isOpen={open} onClose={() => setOpen(false)}>
        <ChangePhone phone={phone} onDone={() => setOpen(false)} />
      </Dialog>
      <ConfirmAction
        label={text.actions.remove}
        aria-label={`${text.actions.remove}: ${name}`}
        title={words.removeTitle(name)}
        consequence={words.removeAbout}
        verb={text.actions.remove}
        look="danger"
        small
        act={remove}
      />
    </div>
  );
}

function ChangePhone({ phone, onDone }: { readonly phone: Phone; readonly onDone: () => void }) {
  const text = useText();
  const words = useLate(WORDS);
  const queries = useQueryClient();
  const [address, setAddress] = useState(phone.address);
  const [mode, setMode] = useState(phone.mode);
  const changing = useMutation({
    mutationFn: () => told(api.PATCH("/v1/phone-agents/{agent_id}", { ...path(phone), body: { address: address.trim(), mode } })),
    onSuccess: async () => {
      onDone();
      await queries.invalidateQueries({ queryKey: KEY });
    },
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    changing.mutate();
  };
  return (
    <form className="stack" onSubmit={submit}>
      <ProblemOf of={changing} what={words.changeTitle(phone.address)} />
      <PhoneFields address={address} onAddress={setAddress} mode={mode} onMode={setMode} error={changing.error} />
      <div className="dialog-actions">
        <Button onPress={onDone}>{text.actions.cancel}</Button>
        <Button type="submit" look="primary" isPending={changing.isPending}>
          {text.actions.save}
        </Button>
      </div>
    </form>
  );
}
