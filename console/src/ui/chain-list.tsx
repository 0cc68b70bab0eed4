import { useState, type ReactNode } from "react";
import { moved } from "../lib/move";
import { useText } from "../text/text";
import { Button } from "./button";
import "./chain-list.css";

interface ChainListProps<T> {
  readonly label: string;
  readonly items: readonly T[];
  readonly idOf: (item: T) => string;
  readonly nameOf: (item: T) => string;
  readonly onOrder: (items: readonly T[]) => void;
  readonly children?: (item: T, place: number) => ReactNode;
}

/** Things in an order: dragged, moved by the buttons or with Alt and the arrow keys, or sent to a place by its number. */
export function ChainList<T>({ label, items, idOf, nameOf, onOrder, children }: ChainListProps<T>) {
  const text = useText();
  const [dragged, setDragged] = useState<number | null>(null);
  const [over, setOver] = useState<number | null>(null);
  const [said, setSaid] = useState("");

  const move = (from: number, to: number) => {
    const item = items[from];
    const after = moved(items, from, to);
    if (item === undefined || after === items) return;
    onOrder(after);
    setSaid(text.chain.moved(nameOf(item), after.indexOf(item) + 1, items.length));
  };
  const letGo = () => {
    setDragged(null);
    setOver(null);
  };
  const drop = () => {
    if (dragged !== null && over !== null) move(dragged, over);
    letGo();
  };
  return (
    <>
      <ol
        className="chain-list"
        aria-label={label}
        onDragOver={(event) => dragged !== null && event.preventDefault()}
        onDrop={(event) => {
          event.preventDefault();
          drop();
        }}
      >
        {items.map((item, place) => (
          <li
            key={idOf(item)}
            data-over={over === place && dragged !== place ? "" : undefined}
            data-dragged={dragged === place ? "" : undefined}
            onDragOver={() => dragged !== null && setOver(place)}
            onKeyDown={(event) => {
              const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
              if (!event.altKey || by === undefined) return;
              event.preventDefault();
              move(place, place + by);
            }}
          >
            <span
              className="chain-grip"
              draggable
              title={text.chain.drag}
              aria-hidden="true"
              onDragStart={(event) => {
                event.dataTransfer.effectAllowed = "move";
                setDragged(place);
              }}
              // Also of a drag that was given up: what was dropped has been moved by then.
              onDragEnd={letGo}
            >
              ⋮⋮
            </span>
            <strong className="chain-name">{nameOf(item)}</strong>
            <div className="chain-more">{children?.(item, place)}</div>
            <div className="chain-buttons">
              <label>
                <span className="visually-hidden">{text.chain.place(nameOf(item))}</span>
                <select className="input" value={place} onChange={(event) => move(place, Number(event.target.value))}>
                  {items.map((other, number) => (
                    <option key={idOf(other)} value={number}>
                      {number + 1}
                    </option>
                  ))}
                </select>
              </label>
              <Button small isDisabled={place === 0} aria-label={text.chain.up(nameOf(item))} onPress={() => move(place, place - 1)}>
                ↑
              </Button>
              <Button
                small
                isDisabled={place === items.length - 1}
                aria-label={text.chain.down(nameOf(item))}
                onPress={() => move(place, place + 1)}
              >
                ↓
              </Button>
            </div>
          </li>
        ))}
      </ol>
      <p className="visually-hidden" role="status">
        {said}
      </p>
    </>
  );
}
