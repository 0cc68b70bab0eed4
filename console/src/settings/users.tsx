import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { api, told, type Schema } from "../api/client";
import { useFilters } from "../lib/filters";
import type { Role } from "../session/store";
import { useMayChange } from "../session/session";
import { useFormat, useText } from "../text/text";
import { Button } from "../ui/button";
import { ConfirmAction } from "../ui/confirm-action";
import { DataTable } from "../ui/data-table";
import { Dialog } from "../ui/dialog";
import { Field } from "../ui/field";
import { Pager } from "../ui/pager";
import { Empty, Loaded, Panel } from "../ui/panel";
import { fieldsOf, ProblemOf } from "../ui/problem-of";

type User = Schema["UserShown"];

const FILTERS = { page: "1" };
const PER_PAGE = 50;
const ROLES: readonly Role[] = ["agent", "viewer", "supervisor", "admin"];
const KEY = ["users"];

/** Who may sign in, and what they may do. */
export function Users() {
  const text = useText();
  const mayChange = useMayChange();
  const writes = mayChange("users:write");
  const givesRoles = mayChange("logins:write");
  const [filters, setFilters] = useFilters(FILTERS);
  const page = Number(filters.page);
  const users = useQuery({
    queryKey: [...KEY, page],
    queryFn: () => told(api.GET("/v1/users", { params: { query: { page, per_page: PER_PAGE } } })),
    placeholderData: keepPreviousData,
  });
  return (
    <>
      {writes && <NewUser />}
      <Panel title={text.settings.parts.users} flush>
        <Loaded query={users} what={text.settings.parts.users} height={320}>
          {(found) =>
            found.total === 0 ? (
              <Empty>{text.settings.noUsers}</Empty>
            ) : (
              <>
                <DataTable<User>
                  label={text.settings.parts.users}
                  rows={found._embedded.users}
                  idOf={(user) => user.id}
                  columns={[
                    { id: "name", label: text.campaigns.name, cell: (user) => user.name },
                    { id: "email", label: text.signIn.email, cell: (user) => user.email },
                    { id: "role", label: text.settings.role, cell: (user) => <RoleOf user={user} writes={givesRoles} /> },
                    { id: "signIn", label: text.settings.signIn, cell: (user) => signInOf(text.settings, user) },
                    { id: "actions", label: text.campaigns.actions, cell: (user) => givesRoles && <Commands user={user} /> },
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

function signInOf(words: { readonly disabled: string; readonly withPassword: string; readonly noPassword: string }, user: User): string {
  if (user.disabled) return words.disabled;
  return user.has_password ? words.withPassword : words.noPassword;
}

function setRole(id: string, role: Role, disabled: boolean): Promise<User> {
  return told(api.PUT("/v1/users/{user_id}/role", { params: { path: { user_id: id } }, body: { role, disabled } }));
}

function useChangeUser(user: User) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ role = user.role, disabled = user.disabled }: { readonly role?: Role; readonly disabled?: boolean }) =>
      setRole(user.id, role, disabled),
    onSuccess: () => queries.invalidateQueries({ queryKey: KEY }),
  });
}

function RoleOf({ user, writes }: { readonly user: User; readonly writes: boolean }) {
  const text = useText();
  const changing = useChangeUser(user);
  if (!writes) return text.roles[user.role];
  return (
    <>
      <select
        className="input"
        aria-label={`${text.settings.role}: ${user.name}`}
        value={user.role}
        onChange={(event) => changing.mutate({ role: event.target.value as Role })}
      >
        {ROLES.map((role) => (
          <option key={role} value={role}>
            {text.roles[role]}
          </option>
        ))}
      </select>
      <ProblemOf of={changing} what={text.settings.role} />
    </>
  );
}

function Commands({ user }: { readonly user: User }) {
  const text = useText();
  const format = useFormat();
  const changing = useChangeUser(user);
  const linking = useMutation({
    mutationFn: () => told(api.POST("/v1/users/{user_id}/password-link", { params: { path: { user_id: user.id } } })),
  });
  return (
    <span className="row">
      <Button small aria-label={`${text.settings.link}: ${user.name}`} isPending={linking.isPending} onPress={() => linking.mutate()}>
        {text.settings.link}
      </Button>
      <ConfirmAction
        label={user.disabled ? text.settings.enable : text.settings.disable}
        aria-label={`${user.disabled ? text.settings.enable : text.settings.disable}: ${user.name}`}
        title={user.disabled ? text.settings.enableTitle(user.name) : text.settings.disableTitle(user.name)}
        consequence={user.disabled ? text.settings.enableAbout : text.settings.disableAbout}
        verb={user.disabled ? text.settings.enable : text.settings.disable}
        look={user.disabled ? "plain" : "danger"}
        small
        act={() => changing.mutateAsync({ disabled: !user.disabled })}
      />
      <ProblemOf of={linking} what={text.settings.link} />
      <Dialog title={text.settings.linkTitle(user.name)} isOpen={linking.data !== undefined} onClose={() => linking.reset()}>
        {linking.data && (
          <>
            <p>{text.settings.linkAbout(format.dateTime(linking.data.expires_at))}</p>
            <p className="mono">{linking.data.href}</p>
          </>
        )}
        <div className="dialog-actions">
          <Button autoFocus onPress={() => linking.reset()}>
            {text.actions.close}
          </Button>
        </div>
      </Dialog>
    </span>
  );
}

function NewUser() {
  const text = useText();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [role, chooseRole] = useState<Role>("agent");
  const making = useMutation({
    mutationFn: async () => {
      const made = await told(api.POST("/v1/users", { body: { name, ...(email !== "" && { email }) } }));
      // Everybody begins as an agent.
      if (role !== made.role) await setRole(made.id, role, false);
    },
    onSuccess: async () => {
      setName("");
      setEmail("");
      await Promise.all([queries.invalidateQueries({ queryKey: KEY }), queries.invalidateQueries({ queryKey: ["things", "users"] })]);
    },
  });
  const errorOf = (member: string) => fieldsOf(making.error).find((field) => field.name === member)?.description;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    making.mutate();
  };
  return (
    <Panel title={text.settings.newUser}>
      <ProblemOf of={making} what={text.settings.newUser} />
      <form className="filters" onSubmit={submit}>
        <Field label={text.campaigns.name} name="name" error={errorOf("name")}>
          {(control) => <input {...control} required autoComplete="off" value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
        <Field label={text.signIn.email} name="email" error={errorOf("email")} optional>
          {(control) => <input {...control} type="email" autoComplete="off" value={email} onChange={(event) => setEmail(event.target.value)} />}
        </Field>
        <Field label={text.settings.role} name="role" error={errorOf("role")}>
          {(control) => (
            <select {...control} value={role} onChange={(event) => chooseRole(event.target.value as Role)}>
              {ROLES.map((one) => (
                <option key={one} value={one}>
                  {text.roles[one]}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Button type="submit" look="primary" isPending={making.isPending}>
          {text.actions.add}
        </Button>
      </form>
    </Panel>
  );
}
