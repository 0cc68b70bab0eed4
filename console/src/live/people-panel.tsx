import { createContext, memo, use, useMemo, useState } from "react";
import { duration } from "../lib/format";
import { useServerNow } from "../stream/provider";
import type { Person } from "../stream/topics";
import { useText } from "../text/text";
import { wordFor } from "../text/words";
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

/** Milliseconds. It alone changes each second in every row: the rest of a row is drawn when its agent changes. */
const Now = createContext<number | null>(null);

export function PeoplePanel({ people, frozenAt }: PeoplePanelProps) {
  const text = useText();
  const [order, setOrder] = useState<Order>("longest");
  const serverNow = useServerNow();
  const now = frozenAt ?? serverNow;
  const [all, setAll] = useState(false);
  const everybody = useMemo(() => ordered(Object.values(people ?? {}), order), [people, order]);
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
              <Now value={now}>
                {rows.map((person) => (
                  <PersonRow key={person.user_id} person={person} standsOut={standsOut(person, now)} />
                ))}
              </Now>
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

interface RowProps {
  readonly person: Person;
  readonly standsOut: boolean;
}

const PersonRow = memo(function PersonRow({ person, standsOut }: RowProps) {
  const text = useText();
  return (
    <tr data-stands-out={standsOut ? "" : undefined}>
      <th scope="row">{person.name}</th>
      <td>
        <div className="row">
          <AgentPill state={person.state} />
          {person.reason !== undefined && <span className="soft small">{wordFor(text.desk.pauseReasons, person.reason)}</span>}
          {(person.link === "lost" || person.link === "gone") && (
            <Pill tone="bad" shape="cross">
              {text.live.linkLost}
            </Pill>
          )}
        </div>
      </td>
      <td className="number">
        <Since at={person.since} />
      </td>
    </tr>
  );
});

function Since({ at }: { readonly at: string }) {
  const now = use(Now);
  return now === null ? "" : duration(now - Date.parse(at));
}
