import { useState } from "react";
import type { FieldProblem } from "../api/problem";
import { byDay, opening, placeInDay, WEEK_DAYS, windowsOf, type Span, type WeekDay, type YearHours } from "../lib/calling-hours";
import { isZone, ZONES } from "../lib/zones";
import { useServerNow } from "../stream/provider";
import { useFormat, useText } from "../text/text";
import { Button } from "../ui/button";
import { Field, fieldId } from "../ui/field";
import { errorOf } from "../ui/problem-of";
import "./hours.css";
import { useHoursText } from "./words";

const OFFICE_HOURS: Span = { from: "09:00:00", to: "18:00:00" };

export interface EditHoursProps {
  readonly hours: YearHours;
  readonly change: (part: Partial<YearHours>) => void;
  readonly problems: readonly FieldProblem[];
  /** What the API calls the windows here. */
  readonly windowsName: string;
}

/** The week, single dates and public holidays, with what they mean for somebody in a zone. */
export function EditHours({ hours, change, problems, windowsName }: EditHoursProps) {
  const words = useHoursText();
  const days = byDay(hours.windows);
  const set = (day: WeekDay, spans: readonly Span[]) => change({ windows: windowsOf({ ...days, [day]: spans }) });
  const copyToWeek = () => change({ windows: windowsOf({ ...days, TUESDAY: days.MONDAY, WEDNESDAY: days.MONDAY, THURSDAY: days.MONDAY, FRIDAY: days.MONDAY }) });
  const wrong = errorOf(problems, windowsName);
  return (
    <>
      <p className="soft">{words.about}</p>
      {wrong !== undefined && (
        <p className="field-error" id={fieldId(windowsName)} tabIndex={-1}>
          {wrong}
        </p>
      )}
      <div className="week" role="group" aria-label={words.week}>
        {WEEK_DAYS.map((day) => (
          <Day key={day} day={day} spans={days[day]} onChange={(spans) => set(day, spans)} />
        ))}
      </div>
      <div className="row">
        <Button small onPress={copyToWeek}>
          {words.copyMonday}
        </Button>
      </div>
      <Preview hours={hours} />
      <Exceptions hours={hours} change={change} problems={problems} />
      <Holidays hours={hours} change={change} problems={problems} />
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
  const words = useHoursText();
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
        {spans.length === 0 && <span className="soft">{words.closed}</span>}
        {spans.map((span, place) => (
          <span key={place} className="week-span">
            <TimeInput label={`${name}: ${words.from} ${place + 1}`} value={span.from} onChange={(from) => setSpan(place, { from })} />
            –
            <TimeInput label={`${name}: ${words.to} ${place + 1}`} value={span.to} onChange={(to) => setSpan(place, { to })} />
            <Button small look="quiet" aria-label={words.removeSpan(name, place + 1)} onPress={() => onChange(spans.toSpliced(place, 1))}>
              ×
            </Button>
          </span>
        ))}
        <Button small aria-label={words.addSpan(name)} onPress={() => onChange([...spans, OFFICE_HOURS])}>
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
function Preview({ hours }: { readonly hours: YearHours }) {
  const words = useHoursText();
  const format = useFormat();
  const now = useServerNow();
  const [zone, setZone] = useState(() => Intl.DateTimeFormat().resolvedOptions().timeZone);
  const known = isZone(zone);
  const found = known && now !== null ? opening(hours, zone, now) : null;
  return (
    <div className="note tone-info">
      <Field label={words.previewZone}>
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
        {!known && words.unknownZone}
        {found !== null &&
          now !== null &&
          words.preview(
            format.dateTime(now, zone),
            found.isOpen,
            found.until === null ? null : format.near(found.until, now, zone),
          )}
      </p>
      {hours.holidays.length > 0 && <p className="small soft">{words.previewHolidays}</p>}
    </div>
  );
}

type PartProps = Omit<EditHoursProps, "windowsName">;

function Holidays({ hours, change, problems }: PartProps) {
  const words = useHoursText();
  const regions = hours.holidays.join(" ");
  const [typed, setTyped] = useState(regions);
  // A blank at the end is none of the regions, and yet the next one is typed after it.
  const shown = regionsOf(typed).join(" ") === regions ? typed : regions;
  return (
    <Field label={words.holidays} hint={words.holidaysHint} name="holidays" error={errorOf(problems, "holidays")} optional>
      {(control) => (
        <input
          {...control}
          value={shown}
          placeholder="PT DE-BY"
          onChange={(event) => {
            setTyped(event.target.value.toUpperCase());
            change({ holidays: regionsOf(event.target.value) });
          }}
        />
      )}
    </Field>
  );
}

function regionsOf(typed: string): string[] {
  return typed.toUpperCase().split(/[\s,]+/).filter((region) => region !== "");
}

function Exceptions({ hours, change, problems }: PartProps) {
  const text = useText();
  const words = useHoursText();
  const [date, setDate] = useState("");
  const add = () => {
    if (date === "" || hours.exceptions.some((one) => one.date === date)) return;
    change({ exceptions: [...hours.exceptions, { date, windows: [] }].toSorted((one, other) => one.date.localeCompare(other.date)) });
    setDate("");
  };
  const set = (place: number, windows: readonly Span[]) =>
    change({ exceptions: hours.exceptions.map((one, at) => (at === place ? { ...one, windows } : one)) });
  return (
    <section className="stack-tight">
      <h3>{words.exceptions}</h3>
      {errorOf(problems, "exceptions") !== undefined && <p className="field-error">{errorOf(problems, "exceptions")}</p>}
      {hours.exceptions.map((exception, place) => (
        <div key={exception.date} className="row">
          <strong>{exception.date}</strong>
          {exception.windows.length === 0 && <span className="soft">{words.closed}</span>}
          {exception.windows.map((span, at) => (
            <span key={at} className="week-span">
              <TimeInput
                label={`${exception.date}: ${words.from} ${at + 1}`}
                value={span.from}
                onChange={(from) => set(place, exception.windows.with(at, { ...span, from }))}
              />
              –
              <TimeInput
                label={`${exception.date}: ${words.to} ${at + 1}`}
                value={span.to}
                onChange={(to) => set(place, exception.windows.with(at, { ...span, to }))}
              />
            </span>
          ))}
          <Button small aria-label={words.addSpan(exception.date)} onPress={() => set(place, [...exception.windows, OFFICE_HOURS])}>
            +
          </Button>
          <Button
            small
            look="quiet"
            aria-label={`${text.actions.remove}: ${exception.date}`}
            onPress={() => change({ exceptions: hours.exceptions.toSpliced(place, 1) })}
          >
            {text.actions.remove}
          </Button>
        </div>
      ))}
      <div className="row">
        <input className="input input-date" type="date" aria-label={words.exceptionDate} value={date} onChange={(event) => setDate(event.target.value)} />
        <Button small isDisabled={date === ""} onPress={add}>
          {words.addException}
        </Button>
      </div>
    </section>
  );
}
