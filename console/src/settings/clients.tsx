import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { api, told, type Schema } from "../api/client";
import { useFilters } from "../lib/filters";
import { DESK_SCOPE } from "../shell/navigation";
import { useLogin } from "../session/session";
import { installation as en } from "../text/en/installation";
import { useLate } from "../text/late";
import { installation as pt } from "../text/pt/installation";
import { useFormat, useText } from "../text/text";
import { Button } from "../ui/button";
import { ConfirmAction } from "../ui/confirm-action";
import { DataTable } from "../ui/data-table";
import { Dialog } from "../ui/dialog";
import { Field } from "../ui/field";
import { Pager } from "../ui/pager";
import { Empty, Loaded, Panel } from "../ui/panel";
import { fieldsOf, ProblemOf } from "../ui/problem-of";

type Client = Schema["ClientShown"];
type Scope = Client["scopes"][number];
type Secret = Schema["ClientSecretShown"];
type Way = "secret" | "key";

const WORDS = { en, pt };
const KEY = ["clients"];
const FILTERS = { page: "1" };
const PER_PAGE = 50;

const clientPath = (client: Client) => ({ params: { path: { client_id: client.client_id } } });
const newSecret = (client: Client): Promise<Secret> => told(api.PUT("/v1/clients/{client_id}/secret", clientPath(client)));
const linesOf = (text: string) =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

/** The programs that may use the API. */
export function Clients() {
  const words = useLate(WORDS);
  const [shown, setShown] = useState<{ readonly name: string; readonly secret: Secret } | null>(null);
  const [filters, setFilters] = useFilters(FILTERS);
  const page = Number(filters.page);
  const clients = useQuery({
    queryKey: [...KEY, page],
    queryFn: () => told(api.GET("/v1/clients", { params: { query: { page, per_page: PER_PAGE } } })),
    placeholderData: keepPreviousData,
  });
  return (
    <>
      <p className="soft">{words.clientsAbout}</p>
      <NewClient onSecret={(name, secret) => setShown({ name, secret })} />
      <Panel title={words.clients} flush>
        <Loaded query={clients} what={words.clients} height={240}>
          {(found) =>
            found.total === 0 ? (
              <Empty>{words.noClients}</Empty>
            ) : (
              <>
                <ClientTable clients={found._embedded.clients} onSecret={(name, secret) => setShown({ name, secret })} />
                <Pager page={page} perPage={PER_PAGE} total={found.total} onPage={(to) => setFilters({ page: String(to) })} />
              </>
            )
          }
        </Loaded>
      </Panel>
      <Dialog title={words.secretTitle(shown?.name ?? "")} isOpen={shown !== null} onClose={() => setShown(null)} isDismissable={false}>
        {shown !== null && <ShownOnce secret={shown.secret} onClose={() => setShown(null)} />}
      </Dialog>
    </>
  );
}

type OnSecret = (name: string, secret: Secret) => void;

function ClientTable({ clients, onSecret }: { readonly clients: readonly Client[]; readonly onSecret: OnSecret }) {
  const text = useText();
  const words = useLate(WORDS);
  const format = useFormat();
  const stateOf = (client: Client) => {
    if (client.revoked_at !== undefined) return words.revoked(format.dateTime(client.revoked_at));
    if (client.key_ids.length > 0) return words.withKeys(client.key_ids.length);
    return client.has_secret ? words.withSecret : words.withNothing;
  };
  return (
    <DataTable<Client>
      label={words.clients}
      rows={clients}
      idOf={(client) => client.client_id}
      columns={[
        { id: "name", label: text.campaigns.name, cell: (client) => client.name },
        { id: "id", label: words.clientId, cell: (client) => <code>{client.client_id}</code> },
        { id: "scopes", label: words.scopes, cell: (client) => <span className="cell-long">{client.scopes.join(" ")}</span> },
        { id: "state", label: words.state, cell: stateOf },
        { id: "actions", label: text.campaigns.actions, cell: (client) => client.revoked_at === undefined && <Commands client={client} onSecret={onSecret} /> },
      ]}
    />
  );
}

function Commands({ client, onSecret }: { readonly client: Client; readonly onSecret: OnSecret }) {
  const words = useLate(WORDS);
  const queries = useQueryClient();
  const again = () => queries.invalidateQueries({ queryKey: KEY });
  const rotating = async () => {
    onSecret(client.name, await newSecret(client));
    await again();
  };
  return (
    <span className="row">
      {client.key_ids.length > 0 ? (
        <Keys client={client} />
      ) : (
        <ConfirmAction
          label={words.rotate}
          aria-label={`${words.rotate}: ${client.name}`}
          title={words.rotateTitle(client.name)}
          consequence={words.rotateAbout}
          verb={words.rotate}
          small
          act={rotating}
        />
      )}
      <ConfirmAction
        label={words.revoke}
        aria-label={`${words.revoke}: ${client.name}`}
        title={words.revokeTitle(client.name)}
        consequence={words.revokeAbout}
        verb={words.revoke}
        look="danger"
        small
        act={() => told(api.DELETE("/v1/clients/{client_id}", clientPath(client))).then(again)}
      />
    </span>
  );
}

/** The keys that a program signs with: one more, or one fewer. */
function Keys({ client }: { readonly client: Client }) {
  const text = useText();
  const words = useLate(WORDS);
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const [key, setKey] = useState("");
  const again = () => queries.invalidateQueries({ queryKey: KEY });
  const adding = useMutation({
    mutationFn: () => told(api.POST("/v1/clients/{client_id}/keys", { ...clientPath(client), body: { public_key: key } })),
    onSuccess: async () => {
      setKey("");
      setOpen(false);
      await again();
    },
  });
  const remove = (kid: string) =>
    told(api.DELETE("/v1/clients/{client_id}/keys/{key_id}", { params: { path: { client_id: client.client_id, key_id: kid } } })).then(again);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    adding.mutate();
  };
  return (
    <>
      <Button small aria-label={`${words.keys}: ${client.name}`} onPress={() => setOpen(true)}>
        {words.keys}
      </Button>
      <Dialog title={words.keyTitle(client.name)} isOpen={open} onClose={() => setOpen(false)}>
        <ul>
          {client.key_ids.map((kid) => (
            <li key={kid} className="row">
              <code>{kid}</code>
              <ConfirmAction
                label={words.removeKey}
                aria-label={`${words.removeKey}: ${kid}`}
                title={words.removeKeyTitle(kid)}
                consequence={words.removeKeyAbout}
                verb={words.removeKey}
                look="danger"
                small
                act={() => remove(kid)}
              />
            </li>
          ))}
        </ul>
        <ProblemOf of={adding} what={words.addKey} />
        <form onSubmit={submit}>
          <Field label={words.publicKey} hint={words.publicKeyHint} error={fieldsOf(adding.error)[0]?.description}>
            {(control) => <textarea {...control} required rows={5} value={key} onChange={(event) => setKey(event.target.value)} />}
          </Field>
          <div className="dialog-actions">
            <Button onPress={() => setOpen(false)}>{text.actions.close}</Button>
            <Button type="submit" look="primary" isPending={adding.isPending}>
              {words.addKey}
            </Button>
          </div>
        </form>
      </Dialog>
    </>
  );
}

function NewClient({ onSecret }: { readonly onSecret: OnSecret }) {
  const text = useText();
  const words = useLate(WORDS);
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<readonly Scope[]>([]);
  const [way, setWay] = useState<Way>("secret");
  const [key, setKey] = useState("");
  const [redirects, setRedirects] = useState("");
  const making = useMutation({
    mutationFn: async () => {
      const body = {
        name,
        scopes: [...scopes],
        redirect_uris: way === "secret" ? linesOf(redirects) : [],
        ...(way === "key" && { public_key: key }),
      };
      const made = await told(api.POST("/v1/clients", { body }));
      if (way === "secret") onSecret(made.name, await newSecret(made));
    },
    onSuccess: () => {
      setName("");
      setScopes([]);
      setKey("");
      setRedirects("");
    },
    // Also where the secret was refused: the program is there.
    onSettled: () => queries.invalidateQueries({ queryKey: KEY }),
  });
  const errorOf = (member: string) => fieldsOf(making.error).find((field) => field.name.split(".")[0] === member)?.description;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    making.mutate();
  };
  return (
    <Panel title={words.newClient}>
      <ProblemOf of={making} what={words.newClient} />
      <form className="stack" onSubmit={submit}>
        <Field label={text.campaigns.name} error={errorOf("name")}>
          {(control) => <input {...control} required maxLength={100} autoComplete="off" value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
        <Scopes chosen={scopes} onChange={setScopes} error={errorOf("scopes")} />
        <Field label={words.showsItself}>
          {(control) => (
            <select {...control} value={way} onChange={(event) => setWay(event.target.value as Way)}>
              <option value="secret">{words.bySecret}</option>
              <option value="key">{words.byKey}</option>
            </select>
          )}
        </Field>
        {way === "key" ? (
          <Field label={words.publicKey} hint={words.publicKeyHint} error={errorOf("public_key")}>
            {(control) => <textarea {...control} required rows={5} value={key} onChange={(event) => setKey(event.target.value)} />}
          </Field>
        ) : (
          <Field label={words.redirects} hint={words.redirectsHint} error={errorOf("redirect_uris")} optional>
            {(control) => <textarea {...control} rows={2} value={redirects} onChange={(event) => setRedirects(event.target.value)} />}
          </Field>
        )}
        <div>
          <Button type="submit" look="primary" isPending={making.isPending}>
            {words.make}
          </Button>
        </div>
      </form>
    </Panel>
  );
}

interface ScopesProps {
  readonly chosen: readonly Scope[];
  readonly onChange: (chosen: readonly Scope[]) => void;
  readonly error: string | undefined;
}

/** What somebody may give: what they have, but for the desk, which is a person's own. */
function Scopes({ chosen, onChange, error }: ScopesProps) {
  const words = useLate(WORDS);
  const mine = useLogin().scopes.filter((scope): scope is Scope => scope !== DESK_SCOPE);
  return (
    <fieldset className="field">
      <legend className="field-label">{words.scopes}</legend>
      <p className="field-hint">{words.scopesHint}</p>
      <div className="row">
        {mine.map((scope) => (
          <label key={scope} className="row">
            <input
              type="checkbox"
              checked={chosen.includes(scope)}
              onChange={(event) => onChange(event.target.checked ? [...chosen, scope] : chosen.filter((one) => one !== scope))}
            />
            <code>{scope}</code>
          </label>
        ))}
      </div>
      {error !== undefined && <p className="field-error">{error}</p>}
    </fieldset>
  );
}

function ShownOnce({ secret, onClose }: { readonly secret: Secret; readonly onClose: () => void }) {
  const text = useText();
  const words = useLate(WORDS);
  const [copied, setCopied] = useState("");
  const parts = [
    [words.clientId, secret.client_id],
    [words.clientSecret, secret.client_secret],
  ] as const;
  const copy = async (what: string, value: string) => {
    await navigator.clipboard.writeText(value);
    setCopied(words.copied(what));
  };
  return (
    <>
      <p>{words.secretAbout}</p>
      <dl>
        {parts.map(([what, value]) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd className="row">
              <code className="mono">{value}</code>
              {/* Only a page that nobody can have changed on its way may use the clipboard. */}
              {window.isSecureContext && (
                <Button small aria-label={words.copy(what)} onPress={() => void copy(what, value)}>
                  {words.copy(what)}
                </Button>
              )}
            </dd>
          </div>
        ))}
      </dl>
      <p role="status" className="soft">
        {copied}
      </p>
      <div className="dialog-actions">
        <Button autoFocus look="primary" onPress={onClose}>
          {text.actions.close}
        </Button>
      </div>
    </>
  );
}
