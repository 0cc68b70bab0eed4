import type { UseQueryResult } from "@tanstack/react-query";
import { useState } from "react";
import type { Thing } from "../api/things";
import { useText } from "../text/text";
import { Button } from "./button";
import { fieldId } from "./field";
import { Loaded } from "./panel";
import "./choose.css";

interface ChooseProps {
  readonly label: string;
  readonly query: UseQueryResult<Thing[]>;
  readonly chosen: readonly string[];
  readonly onChoose: (chosen: readonly string[]) => void;
  readonly none: string;
  /** The name of the member in the API's errors, and what is wrong with it. */
  readonly name: string;
  readonly error: string | undefined;
}

const MANY = 8;

/** Some of many things, as check boxes; a field narrows a long list. */
export function Choose({ label, query, chosen, onChoose, none, name, error }: ChooseProps) {
  const text = useText();
  const id = fieldId(name);
  const [words, setWords] = useState("");
  const toggle = (id: string) => onChoose(chosen.includes(id) ? chosen.filter((other) => other !== id) : [...chosen, id]);
  return (
    <fieldset className="stack-tight" id={id} tabIndex={-1} aria-describedby={error === undefined ? undefined : `${id}-error`}>
      <legend className="field-label">
        {label} <span className="soft">({chosen.length})</span>
      </legend>
      {error !== undefined && (
        <p className="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
      <Loaded query={query} what={label} height={120}>
        {(things) => {
          // What was chosen and deleted since stays in sight: it cannot be saved before it is taken away.
          const gone = chosen.filter((id) => !things.some((thing) => thing.id === id)).map((id) => ({ id, name: id, detail: text.choose.gone }));
          const fitting = [...things.filter((thing) => thing.name.toLowerCase().includes(words.trim().toLowerCase())), ...gone];
          return (
            <div className="stack-tight">
              {things.length > MANY && (
                <div className="row">
                  <input
                    className="input choose-search"
                    type="search"
                    aria-label={`${text.actions.search}: ${label}`}
                    placeholder={text.actions.search}
                    value={words}
                    onChange={(event) => setWords(event.target.value)}
                  />
                  <Button small onPress={() => onChoose([...new Set([...chosen, ...fitting.map((thing) => thing.id)])])}>
                    {text.choose.all}
                  </Button>
                  <Button small onPress={() => onChoose([])}>
                    {text.choose.none}
                  </Button>
                </div>
              )}
              {things.length === 0 && gone.length === 0 && <p className="soft">{none}</p>}
              <div className="choose-list">
                {fitting.map((thing) => (
                  <label key={thing.id} className="check">
                    <input type="checkbox" checked={chosen.includes(thing.id)} onChange={() => toggle(thing.id)} />
                    <span>
                      {thing.name} {thing.detail !== undefined && <span className="soft small">{thing.detail}</span>}
                    </span>
                  </label>
                ))}
              </div>
            </div>
          );
        }}
      </Loaded>
    </fieldset>
  );
}
