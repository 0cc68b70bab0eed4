import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useLocation } from "wouter";
import { api, told, type Schema } from "../api/client";
import { isZone, ZONES } from "../lib/zones";
import { useLanguage, useText } from "../text/text";
import { Button } from "../ui/button";
import { ErrorTable } from "../ui/error-table";
import { Field } from "../ui/field";
import { Loaded, Panel } from "../ui/panel";
import { fieldsOf, ProblemOf } from "../ui/problem-of";
import { Counts, Kinds } from "./counts";
import { COUNTRIES } from "./countries";
import { mappingProblems, USES, type Use } from "./mapping";
import { useImportText } from "./words";

type Sample = Schema["FileSampleShown"];
type Reading = Schema["ReadingIn"];
type Encoding = Schema["Encoding"];
type Separator = Sample["separator"];
type Duplicates = Sample["duplicates"];

const SHOWN_ROWS = 10;
const EXAMPLES = 3;

interface Asked {
  readonly encoding?: Encoding;
  readonly separator?: Separator;
}

/** A file that is here and not imported yet: how it is read, what would become of it, and the word to go. */
export function Prepare({ list, upload }: { readonly list: string; readonly upload: Schema["UploadShown"] }) {
  const words = useImportText();
  const [asked, setAsked] = useState<Asked>({});
  const sample = useQuery({
    queryKey: ["upload-sample", upload.id, asked],
    queryFn: () => told(api.GET("/v1/upload-requests/{upload_id}/sample", { params: { path: { upload_id: upload.id }, query: asked } })),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
  });
  const into = useQuery({
    queryKey: ["record-lists", "one", list],
    queryFn: () => told(api.GET("/record-lists/{list_id}", { params: { path: { list_id: list } } })),
  });
  return (
    <Loaded query={sample} what={words.reading} height={400}>
      {(found) => (
        <Settings
          // Another encoding or separator makes other columns of the file.
          key={`${found.encoding} ${found.separator} ${found.columns.length}`}
          list={list}
          upload={upload.id}
          sample={found}
          alike={into.data?.unique_identifier_type === "NOTHING"}
          onRead={(change) => setAsked({ encoding: found.encoding, separator: found.separator, ...change })}
        />
      )}
    </Loaded>
  );
}

interface SettingsProps {
  readonly list: string;
  readonly upload: string;
  readonly sample: Sample;
  /** Whether nothing tells the records of the list apart, so that none can be updated. */
  readonly alike: boolean;
  readonly onRead: (change: Asked) => void;
}

function Settings({ list, upload, sample, alike, onRead }: SettingsProps) {
  const text = useText();
  const words = useImportText();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const [uses, setUses] = useState<readonly Use[]>(() => sample.columns.map((column) => column.use));
  const [country, setCountry] = useState(sample.country ?? "");
  const [zone, setZone] = useState(sample.timezone ?? "");
  const [duplicates, setDuplicates] = useState<Duplicates>(sample.duplicates);
  const reading: Reading = {
    encoding: sample.encoding,
    separator: sample.separator,
    ...(uses.length > 0 && { columns: [...uses] }),
    ...(country !== "" && { country: country as NonNullable<Reading["country"]> }),
    ...(zone !== "" && { timezone: zone }),
    duplicates,
  };
  const path = { params: { path: { upload_id: upload } } };
  const checking = useMutation({ mutationFn: () => told(api.POST("/v1/upload-requests/{upload_id}/check", { ...path, body: reading })) });
  const starting = useMutation({
    mutationFn: () => told(api.POST("/v1/upload-requests/{upload_id}/import", { ...path, body: reading })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["upload", upload] }),
  });
  const discarding = useMutation({
    mutationFn: () => told(api.POST("/v1/upload-requests/{upload_id}/cancel", path)),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["record-lists"] });
      navigate(`/lists/${list}`);
    },
  });
  // What was checked is what is imported: after any change it has to be checked again.
  const change = <T,>(set: (value: T) => void) => (value: T) => {
    set(value);
    checking.reset();
    starting.reset();
  };
  const problems = sample.corrupted === undefined ? mappingProblems(uses) : [];
  const wrongZone = zone !== "" && !isZone(zone) ? words.zoneUnknown : fieldsOf(checking.error).find(({ name }) => name === "timezone")?.description;
  const readable = sample.corrupted === undefined && problems.length === 0;
  return (
    <div className="stack">
      <Panel title={words.reading}>
        <div className="filters">
          <Field label={words.encoding}>
            {(control) => (
              <select {...control} value={sample.encoding} onChange={(event) => onRead({ encoding: event.target.value as Encoding })}>
                {Object.entries(words.encodings).map(([encoding, name]) => (
                  <option key={encoding} value={encoding}>
                    {name}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <Field label={words.separator}>
            {(control) => (
              <select {...control} value={sample.separator} onChange={(event) => onRead({ separator: event.target.value as Separator })}>
                {Object.entries(words.separators).map(([separator, name]) => (
                  <option key={separator} value={separator}>
                    {name}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <CountryField value={country} onChange={change(setCountry)} />
          <Field label={words.zone} hint={words.zoneHint} error={wrongZone}>
            {(control) => (
              <>
                <input {...control} list="import-zones" autoComplete="off" value={zone} onChange={(event) => change(setZone)(event.target.value)} />
                <datalist id="import-zones">
                  {ZONES.map((name) => (
                    <option key={name} value={name} />
                  ))}
                </datalist>
              </>
            )}
          </Field>
          {!alike && (
            <Field label={words.duplicateRule} hint={duplicates === "UPDATE" ? words.updateHint : undefined}>
              {(control) => (
                <select {...control} value={duplicates} onChange={(event) => change(setDuplicates)(event.target.value as Duplicates)}>
                  {Object.entries(words.duplicateRules).map(([rule, name]) => (
                    <option key={rule} value={rule}>
                      {name}
                    </option>
                  ))}
                </select>
              )}
            </Field>
          )}
        </div>
        {sample.corrupted !== undefined && (
          <p className="note tone-bad" role="alert">
            {words.unreadable(sample.corrupted)}
          </p>
        )}
        {sample.columns.length > 0 && <Mapping sample={sample} uses={uses} onChange={change(setUses)} />}
        {problems.length > 0 && (
          <ErrorTable
            caption={words.mappingProblems}
            errors={problems.map(({ code, use }) => ({ code, message: words.mapping[code], ...(use !== undefined && { column: words.uses[use] }) }))}
          />
        )}
        <ProblemOf of={checking} what={words.check} />
        <ProblemOf of={starting} what={words.start} />
        <ProblemOf of={discarding} what={words.discard} />
        <div className="form-actions">
          <Button isPending={discarding.isPending} onPress={() => discarding.mutate()}>
            {words.discard}
          </Button>
          <Button
            look={checking.data === undefined ? "primary" : "plain"}
            isDisabled={!readable || wrongZone !== undefined}
            isPending={checking.isPending}
            onPress={() => checking.mutate()}
          >
            {words.check}
          </Button>
          <Button
            look={checking.data === undefined ? "plain" : "primary"}
            isDisabled={checking.data === undefined || checking.data.corrupted !== undefined}
            isPending={starting.isPending}
            onPress={() => starting.mutate()}
          >
            {words.start}
          </Button>
        </div>
      </Panel>
      {checking.data !== undefined && <Checked check={checking.data} />}
      {sample.rows.length > 0 && <Rows sample={sample} uses={uses} />}
      <p className="visually-hidden" role="status">
        {checking.isPending ? text.states.loading : ""}
      </p>
    </div>
  );
}

function CountryField({ value, onChange }: { readonly value: string; readonly onChange: (country: string) => void }) {
  const words = useImportText();
  const { language } = useLanguage();
  const countries = useMemo(() => {
    const names = new Intl.DisplayNames(language, { type: "region" });
    return COUNTRIES.map((code) => ({ code, name: names.of(code) ?? code })).toSorted((one, other) => one.name.localeCompare(other.name, language));
  }, [language]);
  return (
    <Field label={words.country}>
      {(control) => (
        <select {...control} value={value} onChange={(event) => onChange(event.target.value)}>
          <option value="">{words.noCountry}</option>
          {countries.map(({ code, name }) => (
            <option key={code} value={code}>
              {name}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface MappingProps {
  readonly sample: Sample;
  readonly uses: readonly Use[];
  readonly onChange: (uses: readonly Use[]) => void;
}

function Mapping({ sample, uses, onChange }: MappingProps) {
  const words = useImportText();
  return (
    <div className="table-scroll" tabIndex={0} role="group" aria-label={words.columns}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{words.column}</th>
            <th scope="col">{words.becomes}</th>
            <th scope="col">{words.examples}</th>
          </tr>
        </thead>
        <tbody>
          {sample.columns.map(({ name }, place) => (
            <tr key={place}>
              <th scope="row">{name}</th>
              <td>
                <select
                  className="input"
                  aria-label={words.becomesOf(name)}
                  value={uses[place]}
                  onChange={(event) => onChange(uses.with(place, event.target.value as Use))}
                >
                  {USES.map((use) => (
                    <option key={use} value={use}>
                      {words.uses[use]}
                    </option>
                  ))}
                </select>
              </td>
              <td className="soft">
                {sample.rows
                  .slice(0, EXAMPLES)
                  .map((row) => row.cells[place])
                  .filter((cell) => cell !== undefined && cell !== "")
                  .join(" · ")}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Each row as it stands in the file, beside the record that it becomes. */
function Rows({ sample, uses }: { readonly sample: Sample; readonly uses: readonly Use[] }) {
  const words = useImportText();
  const [all, setAll] = useState(false);
  const text = useText();
  const shown = all ? sample.rows : sample.rows.slice(0, SHOWN_ROWS);
  const named = (cells: readonly string[]) =>
    uses
      .map((use, place) => [use === "extra_data" ? (sample.columns[place]?.name ?? "") : words.uses[use], cells[place] ?? "", use] as const)
      .filter(([, cell, use]) => use !== "leave_out" && cell.trim() !== "");
  return (
    <Panel title={words.rows} flush>
      <div className="table-scroll" tabIndex={0} role="group" aria-label={words.rows}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col" className="number">
                {words.line}
              </th>
              <th scope="col">{words.raw}</th>
              <th scope="col">{words.record}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={row.line}>
                <td className="number">{row.line}</td>
                <td className="mono small">{row.raw}</td>
                <td>
                  {named(row.cells).map(([name, cell], place) => (
                    <span key={place}>
                      {place > 0 && " · "}
                      <span className="soft">{name}:</span> {cell}
                    </span>
                  ))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {!all && sample.rows.length > SHOWN_ROWS && (
        <div className="panel-body">
          <Button small onPress={() => setAll(true)}>
            {text.units.rows(sample.rows.length)}
          </Button>
        </div>
      )}
    </Panel>
  );
}

function Checked({ check }: { readonly check: Schema["CheckShown"] }) {
  const words = useImportText();
  return (
    <Panel title={words.checkTitle}>
      {check.corrupted === undefined ? (
        <p className="soft" role="status">
          {words.checkAbout}
        </p>
      ) : (
        <p className="note tone-bad" role="alert">
          {words.corrupted(check.corrupted)}
        </p>
      )}
      <Counts of={check} rows={check.rows} />
      <Kinds of={check.by_kind} />
      {check.problems.length > 0 && (
        <details>
          <summary>{words.firstProblems(check.problems.length)}</summary>
          <ErrorTable
            caption={words.firstProblems(check.problems.length)}
            errors={check.problems.map((one) => ({ ...one, message: words.kinds[one.kind] ?? one.message }))}
          />
        </details>
      )}
    </Panel>
  );
}
