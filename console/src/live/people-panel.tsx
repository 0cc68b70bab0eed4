import { useState } from "react";
import { duration } from "../lib/format";
import { useServerNow } from "../stream/provider";
import type { Person } from "../stream/topics";
import { useText } from "../text/text";
import { Button } from "../ui/button";
import { Empty, Panel } from "../ui/panel";
import { Pill } from "../ui/pill";
import { AgentPill } from "../ui/state-pill";
import { ordered, standsOut, type Order } from "./people";

interface PeoplePanelProps {
  readonly people: Readonly<Record<string, Person>> | undefined;
  /** Milliseconds; where the view is frozen, of that instant. */
  readonly frozenAt: number | null;
}

const FIRST_ROWS = 60;

export function PeoplePanel({ people, frozenAt }: PeoplePanelProps) {
  const text = useText();
  const [order, setOrder] = useState<Order>("longest");
  const serverNow = useServerNow();
  const now = frozenAt ?? serverNow;
  const [all, setAll] = useState(false);
  const everybody = ordered(Object.values(people ?? {}), order);
  // Each row has a clock: hundreds of them, each second, would keep the page busy.
  const rows = all ? everybody : everybody.slice(0, FIRST_ROWS);
  return (
    <Panel
      title={text.live.people}
      flush
      actions={
        <label className="row small">
          <span className="visually-hidden">{text.live.sort}</span>
          <select className="input" value={order} onChange={(event) => setOrder(event.target.value as Order)}>
            <option value="longest">{text.live.longest}</option>
            <option value="name">{text.live.byName}</option>
          </select>
        </label>
      }
    >
      {rows.length === 0 ? (
        <Empty>{text.live.noPeople}</Empty>
      ) : (
        <div className="table-scroll people-scroll" tabIndex={0} role="group" aria-label={text.live.people}>
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{text.live.agent}</th>
                <th scope="col">{text.campaigns.state}</th>
                <th scope="col" className="number">
                  {text.live.inState}
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((person) => (
                <PersonRow key={person.user_id} person={person} now={now} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {rows.length < everybody.length && (
        <p className="panel-more">
          <Button small look="quiet" onPress={() => setAll(true)}>
            {text.live.allPeople(everybody.length)}
          </Button>
        </p>
      )}
    </Panel>
  );
}

function PersonRow({ person, now }: { readonly person: Person; readonly now: number | null }) {
  const text = useText();
  return (
    <tr data-stands-out={standsOut(person, now) ? "" : undefined}>
      <th scope="row">{person.name}</th>
      <td>
        <div className="row">
          <AgentPill state={person.state} />
          {person.reason !== undefined && <span className="soft small">{person.reason}</span>}
          {(person.link === "lost" || person.link === "gone") && (
            <Pill tone="bad" shape="cross">
              {text.live.linkLost}
            </Pill>
          )}
        </div>
      </td>
      <td className="number">{now === null ? "" : duration(now - Date.parse(person.since))}</td>
    </tr>
  );
}
