import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, told } from "../api/client";
import { byDay, opening, placeInDay, WEEK_DAYS, windowsOf, type Span, type WeekDay } from "../lib/calling-hours";
import { isZone, ZONES } from "../lib/zones";
import { useServerNow } from "../stream/provider";
import { useFormat, useText } from "../text/text";
import { Button } from "../ui/button";
import { Field } from "../ui/field";
import { errorOf, type StepProps } from "./parts";

const OFFICE_HOURS: Span = { from: "09:00:00", to: "18:00:00" };

export function HoursStep({ draft, change, problems }: StepProps) {
  const text = useText();
  const days = byDay(draft.windows);
  const set = (day: WeekDay, spans: readonly Span[]) => change({ windows: windowsOf({ ...days, [day]: spans }) });
  const copyToWeek = () => change({ windows: windowsOf({ ...days, TUESDAY: days.MONDAY, WEDNESDAY: days.MONDAY, THURSDAY: days.MONDAY, FRIDAY: days.MONDAY }) });
  return (
    <>
      <p className="soft">{text.hours.about}</p>
      {errorOf(problems, "dialing_strategy.calling_hours") !== undefined && (
        <p className="field-error" id="field-dialing_strategy.calling_hours" tabIndex={-1}>
          {errorOf(problems, "dialing_strategy.calling_hours")}
        </p>
      )}
      <div className="week" role="group" aria-label={text.hours.week}>
        {WEEK_DAYS.map((day) => (
          <Day key={day} day={day} spans={days[day]} onChange={(spans) => set(day, spans)} />
        ))}
      </div>
      <div className="row">
        <Button small onPress={copyToWeek}>
          {text.hours.copyMonday}
        </Button>
      </div>
      <Preview draft={draft} />
      <Exceptions draft={draft} change={change} problems={problems} />
      <Presets draft={draft} change={change} problems={problems} />
      <Field label={text.hours.holidays} hint={text.hours.holidaysHint} name="holidays" error={errorOf(problems, "holidays")} optional>
        {(control) => (
          <input
            {...control}
            value={draft.holidays.join(" ")}
            placeholder="PT DE-BY"
            onChange={(event) => change({ holidays: event.target.value.toUpperCase().split(/[\s,]+/).filter((region) => region !== "") })}
          />
        )}
      </Field>
    </>
  );
}

interface DayProps {
  readonly day: WeekDay;
  readonly spans: readonly Span[];
  readonly onChange: (spans: readonly Span[]) => void;
}

function Day({ day, spans, onChange }: DayProps) {
  const text = useText();
  const name = text.days[day];
  const setSpan = (place: number, part: Partial<Span>) => onChange(spans.map((span, at) => (at === place ? { ...span, ...part } : span)));
  return (
    <div className="week-day">
      <strong>{name}</strong>
      <div className="week-bar" aria-hidden="true">
        {spans.map((span, place) => {
          const [from, to] = placeInDay(span);
          return <span key={place} style={{ insetInlineStart: `${from * 100}%`, width: `${(to - from) * 100}%` }} />;
        })}
      </div>
      <div className="week-spans">
        {spans.length === 0 && <span className="soft">{text.hours.closed}</span>}
        {spans.map((span, place) => (
          <span key={place} className="week-span">
            <TimeInput label={`${name}: ${text.hours.from} ${place + 1}`} value={span.from} onChange={(from) => setSpan(place, { from })} />
            –
            <TimeInput label={`${name}: ${text.hours.to} ${place + 1}`} value={span.to} onChange={(to) => setSpan(place, { to })} />
            <Button small look="quiet" aria-label={text.hours.removeSpan(name, place + 1)} onPress={() => onChange(spans.toSpliced(place, 1))}>
              ×
            </Button>
          </span>
        ))}
        <Button small aria-label={text.hours.addSpan(name)} onPress={() => onChange([...spans, OFFICE_HOURS])}>
          +
        </Button>
      </div>
    </div>
  );
}

interface TimeInputProps {
  readonly label: string;
  /** `HH:MM:SS` */
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function TimeInput({ label, value, onChange }: TimeInputProps) {
  return (
    <input
      className="input week-time"
      type="time"
      aria-label={label}
      value={value.slice(0, 5)}
      // An emptied field is about to be typed anew: until then the last time holds.
      onChange={(event) => event.target.value !== "" && onChange(`${event.target.value}:00`)}
    />
  );
}

/** What the week means for somebody in a zone, at this moment. */
function Preview({ draft }: Pick<StepProps, "draft">) {
  const text = useText();
  const format = useFormat();
  const now = useServerNow();
  const [zone, setZone] = useState(() => Intl.DateTimeFormat().resolvedOptions().timeZone);
  const known = isZone(zone);
  const found = known && now !== null ? opening({ windows: draft.windows, exceptions: draft.exceptions }, zone, now) : null;
  return (
    <div className="note tone-info">
      <Field label={text.hours.previewZone}>
        {(control) => (
          <>
            <input {...control} list="zones" value={zone} onChange={(event) => setZone(event.target.value)} />
            <datalist id="zones">
              {ZONES.map((name) => (
                <option key={name} value={name} />
              ))}
            </datalist>
          </>
        )}
      </Field>
      <p data-hours-preview="" role="status">
        {!known && text.hours.unknownZone}
        {found !== null &&
          now !== null &&
          text.hours.preview(
            format.dateTime(now, zone),
            found.isOpen,
            found.until === null ? null : format.near(found.until, now, zone),
          )}
      </p>
      {draft.holidays.length > 0 && <p className="small soft">{text.hours.previewHolidays}</p>}
    </div>
  );
}

function Exceptions({ draft, change, problems }: StepProps) {
  const text = useText();
  const [date, setDate] = useState("");
  const add = () => {
    if (date === "" || draft.exceptions.some((one) => one.date === date)) return;
    change({ exceptions: [...draft.exceptions, { date, windows: [] }].toSorted((one, other) => one.date.localeCompare(other.date)) });
    setDate("");
  };
  const set = (place: number, windows: readonly Span[]) =>
    change({ exceptions: draft.exceptions.map((one, at) => (at === place ? { ...one, windows } : one)) });
  return (
    <section className="stack-tight">
      <h3>{text.hours.exceptions}</h3>
      {errorOf(problems, "exceptions") !== undefined && <p className="field-error">{errorOf(problems, "exceptions")}</p>}
      {draft.exceptions.map((exception, place) => (
        <div key={exception.date} className="row">
          <strong>{exception.date}</strong>
          {exception.windows.length === 0 && <span className="soft">{text.hours.closed}</span>}
          {exception.windows.map((span, at) => (
            <span key={at} className="week-span">
              <TimeInput
                label={`${exception.date}: ${text.hours.from} ${at + 1}`}
                value={span.from}
                onChange={(from) => set(place, exception.windows.with(at, { ...span, from }))}
              />
              –
              <TimeInput
                label={`${exception.date}: ${text.hours.to} ${at + 1}`}
                value={span.to}
                onChange={(to) => set(place, exception.windows.with(at, { ...span, to }))}
              />
            </span>
          ))}
          <Button small aria-label={text.hours.addSpan(exception.date)} onPress={() => set(place, [...exception.windows, OFFICE_HOURS])}>
            +
          </Button>
          <Button
            small
            look="quiet"
            aria-label={`${text.actions.remove}: ${exception.date}`}
            onPress={() => change({ exceptions: draft.exceptions.toSpliced(place, 1) })}
          >
            {text.actions.remove}
          </Button>
        </div>
      ))}
      <div className="row">
        <input className="input input-date" type="date" aria-label={text.hours.exceptionDate} value={date} onChange={(event) => setDate(event.target.value)} />
        <Button small isDisabled={date === ""} onPress={add}>
          {text.hours.addException}
        </Button>
      </div>
    </section>
  );
}

function Presets({ draft, change, problems }: StepProps) {
  const text = useText();
  const presets = useQuery({ queryKey: ["presets"], queryFn: () => told(api.GET("/v1/presets")), staleTime: Infinity });
  if (presets.data === undefined) return null;
  return (
    <fieldset className="stack-tight">
      <legend className="field-label">{text.hours.presets}</legend>
      <p className="field-hint">{text.hours.presetsHint}</p>
      {errorOf(problems, "presets") !== undefined && <p className="field-error">{errorOf(problems, "presets")}</p>}
      {presets.data._embedded.presets.map((preset) => (
        <label key={preset.id} className="check">
          <input
            type="checkbox"
            checked={draft.presets.includes(preset.id)}
            onChange={() =>
              change({
                presets: draft.presets.includes(preset.id) ? draft.presets.filter((id) => id !== preset.id) : [...draft.presets, preset.id],
              })
            }
          />
          <span>
            {preset.name} <span className="soft small">{preset.source}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
