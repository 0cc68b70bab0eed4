/** The first, second, fourth to seventh step. */

import { useQuery } from "@tanstack/react-query";
import { dncListsQuery, numbersQuery, recordListsQuery, usersQuery } from "../api/things";
import { useText } from "../text/text";
import { ChainList } from "../ui/chain-list";
import { Choose } from "../ui/choose";
import { Field, fieldId } from "../ui/field";
import { errorOf } from "../ui/problem-of";
import { DetectionFields, SafetyMessage } from "./detection";
import { ATTEMPTS, detects, OUTCOMES, PERIOD, type ChainItem, type Mode, type OutcomeKey, type OutcomeRule } from "./draft";
import { Check, NumberField, RowNumber, UnitSelect, type StepProps } from "./parts";

const MODES: readonly Mode[] = ["PREDICTIVE", "PROGRESSIVE", "PREVIEW"];

export function ModeStep({ draft, change, problems }: StepProps) {
  const text = useText();
  return (
    <>
      <Field label={text.wizard.name} name="name" hint={text.wizard.nameHint} error={errorOf(problems, "name")}>
        {(control) => (
          <input {...control} value={draft.name} maxLength={35} autoComplete="off" onChange={(event) => change({ name: event.target.value })} />
        )}
      </Field>
      <fieldset className="stack-tight">
        <legend className="field-label">{text.wizard.mode}</legend>
        {MODES.map((mode) => (
          <label key={mode} className="check">
            <input type="radio" name="mode" checked={draft.mode === mode} onChange={() => change({ mode })} />
            <span>
              <strong>{text.modes[mode]}</strong> <span className="soft">{text.wizard.modeAbout[mode]}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <NumberField
        name="priority"
        label={text.wizard.priority}
        hint={text.wizard.priorityHint}
        value={draft.priority}
        problems={problems}
        onChange={(priority) => change({ priority })}
      />
      <Check checked={draft.runOnce} onChange={(runOnce) => change({ runOnce })}>
        {text.wizard.runOnce} <span className="soft">{text.wizard.runOnceHint}</span>
      </Check>
    </>
  );
}

export function RecordsStep({ draft, change, problems }: StepProps) {
  const text = useText();
  const lists = useQuery(recordListsQuery);
  const nameOf = (id: string) => lists.data?.find((list) => list.id === id)?.name ?? id;
  const changeItem = (place: number, part: Partial<ChainItem>) =>
    change({ chain: draft.chain.map((item, at) => (at === place ? { ...item, ...part } : item)) });
  return (
    <>
      <Choose
        name="record_lists"
        error={errorOf(problems, "record_lists")}
        label={text.wizard.lists}
        query={lists}
        chosen={draft.lists}
        onChoose={(chosen) => change({ lists: chosen })}
        none={text.wizard.noLists}
      />
      {draft.lists.length > 1 && (
        <section className="stack-tight">
          <h3>{text.wizard.listOrder}</h3>
          <ChainList
            label={text.wizard.listOrder}
            items={draft.lists}
            idOf={(id) => id}
            nameOf={nameOf}
            onOrder={(ordered) => change({ lists: ordered })}
          />
        </section>
      )}
      <section className="stack-tight">
        <h3>{text.wizard.chain}</h3>
        <p className="soft small">{text.wizard.chainHint}</p>
        <ChainList
          label={text.wizard.chain}
          items={draft.chain}
          idOf={(item) => item.type}
          nameOf={(item) => text.phoneTypes[item.type]}
          onOrder={(ordered) => change({ chain: ordered })}
        >
          {(item, place) => (
            <>
              <label className="row small">
                {text.wizard.attempts}
                <RowNumber
                  name={`dialing_strategy.record_chain.${place}.max_attempts`}
                  label={`${text.wizard.attempts}: ${text.phoneTypes[item.type]}`}
                  range={ATTEMPTS}
                  value={item.attempts}
                  problems={problems}
                  onChange={(attempts) => changeItem(place, { attempts })}
                />
              </label>
              <Check checked={item.period !== null} onChange={(own) => changeItem(place, { period: own ? 30 : null })}>
                {text.wizard.ownWait}
              </Check>
              {item.period !== null && (
                <>
                  <RowNumber
                    name={`dialing_strategy.record_chain.${place}.retry_period`}
                    label={`${text.wizard.wait}: ${text.phoneTypes[item.type]}`}
                    range={PERIOD}
                    value={item.period}
                    problems={problems}
                    onChange={(period) => changeItem(place, { period })}
                  />
                  <UnitSelect
                    label={`${text.wizard.unit}: ${text.phoneTypes[item.type]}`}
                    value={item.unit}
                    onChange={(unit) => changeItem(place, { unit })}
                  />
                </>
              )}
            </>
          )}
        </ChainList>
      </section>
      <Check checked={draft.newestFirst} onChange={(newestFirst) => change({ newestFirst })}>
        {text.wizard.newestFirst}
      </Check>
    </>
  );
}

export function AttemptsStep({ draft, change, problems }: StepProps) {
  const text = useText();
  return (
    <>
      <NumberField
        name="dialing_strategy.max_attempts"
        label={text.wizard.maxAttempts}
        hint={text.wizard.maxAttemptsHint}
        value={draft.maxAttempts}
        problems={problems}
        onChange={(maxAttempts) => change({ maxAttempts })}
      />
      <div className="row">
        <NumberField
          name="dialing_strategy.retry_period"
          label={text.wizard.retryPeriod}
          value={draft.retryPeriod}
          problems={problems}
          onChange={(retryPeriod) => change({ retryPeriod })}
        />
        <div className="field">
          <span className="field-label">{text.wizard.unit}</span>
          <UnitSelect label={text.wizard.unit} value={draft.retryUnit} onChange={(retryUnit) => change({ retryUnit })} />
        </div>
      </div>
      <Check checked={draft.strictPriority} onChange={(strictPriority) => change({ strictPriority })}>
        {text.wizard.strictPriority} <span className="soft">{text.wizard.strictPriorityHint}</span>
      </Check>
    </>
  );
}

export function PacingStep({ draft, change, problems }: StepProps) {
  const text = useText();
  return (
    <>
      <NumberField
        name="dialing_mode_configuration.max_ring_time_in_secs"
        label={text.wizard.ringTime}
        hint={text.wizard.ringTimeHint}
        value={draft.ringSeconds}
        problems={problems}
        onChange={(ringSeconds) => change({ ringSeconds })}
      />
      {draft.mode === "PREDICTIVE" && (
        <>
          <NumberField
            name="dialing_mode_configuration.max_abandonment_rate"
            label={text.wizard.cap}
            hint={text.wizard.capHint}
            step={0.1}
            value={draft.abandonmentCap}
            problems={problems}
            onChange={(abandonmentCap) => change({ abandonmentCap })}
          />
          <NumberField
            name="dialing_mode_configuration.max_dialing_ratio"
            label={text.wizard.ratio}
            hint={text.wizard.ratioHint}
            step={0.1}
            value={draft.dialingRatio}
            problems={problems}
            onChange={(dialingRatio) => change({ dialingRatio })}
          />
          <NumberField
            name="dialing_mode_configuration.abandonment_timeout.amount"
            label={text.wizard.timeout}
            hint={text.wizard.timeoutHint}
            value={draft.abandonmentSeconds}
            problems={problems}
            onChange={(abandonmentSeconds) => change({ abandonmentSeconds })}
          />
        </>
      )}
      {draft.mode !== "PREVIEW" && (
        <Check checked={draft.machineDetection} onChange={(machineDetection) => change({ machineDetection })}>
          {text.wizard.machines} <span className="soft">{text.wizard.machinesHint}</span>
        </Check>
      )}
      {detects(draft) && <DetectionFields draft={draft} change={change} problems={problems} />}
      <SafetyMessage draft={draft} change={change} problems={problems} />
      {draft.mode === "PREVIEW" && (
        <>
          <Check checked={draft.previewByTimer} onChange={(previewByTimer) => change({ previewByTimer })}>
            {text.wizard.timer}
          </Check>
          {draft.previewByTimer && (
            <NumberField
              name="dialing_strategy.preview_timeout"
              label={text.wizard.previewSeconds}
              value={draft.previewSeconds}
              problems={problems}
              onChange={(previewSeconds) => change({ previewSeconds })}
            />
          )}
          <NumberField
            name="dialing_strategy.max_skip_attempts"
            label={text.wizard.skips}
            hint={text.wizard.skipsHint}
            value={draft.skips}
            problems={problems}
            onChange={(skips) => change({ skips })}
          />
        </>
      )}
    </>
  );
}

export function PeopleStep({ draft, change, problems }: StepProps) {
  const text = useText();
  const users = useQuery(usersQuery);
  const numbers = useQuery(numbersQuery);
  const dnc = useQuery(dncListsQuery);
  return (
    <>
      <Choose
        name="users"
        error={errorOf(problems, "users")}
        label={text.wizard.agents}
        query={users}
        chosen={draft.users}
        onChoose={(chosen) => change({ users: chosen })}
        none={text.wizard.noUsers}
      />
      <Choose
        name="numbers"
        error={errorOf(problems, "numbers")}
        label={text.wizard.numbers}
        query={numbers}
        chosen={draft.numbers}
        onChoose={(chosen) => change({ numbers: chosen })}
        none={text.wizard.noNumbers}
      />
      <Choose
        name="do_not_call_lists"
        error={errorOf(problems, "do_not_call_lists")}
        label={text.wizard.dnc}
        query={dnc}
        chosen={draft.dnc}
        onChoose={(chosen) => change({ dnc: chosen })}
        none={text.wizard.noDnc}
      />
    </>
  );
}

export function OutcomesStep({ draft, change, problems }: StepProps) {
  const text = useText();
  const changeRule = (key: OutcomeKey, part: Partial<OutcomeRule>) =>
    change({ outcomes: { ...draft.outcomes, [key]: { ...draft.outcomes[key], ...part } } });
  return (
    <>
      <p className="soft">{text.wizard.outcomesHint}</p>
      <div className="table-scroll" tabIndex={0} role="group" aria-label={text.wizard.steps.outcomes}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{text.wizard.outcome}</th>
              <th scope="col">{text.wizard.afterwards}</th>
              <th scope="col">{text.wizard.ownLimits}</th>
            </tr>
          </thead>
          <tbody>
            {OUTCOMES.map((key) => (
              <OutcomeRow
                key={key}
                outcome={key}
                rule={draft.outcomes[key]}
                problems={problems}
                onChange={(part) => changeRule(key, part)}
              />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

interface OutcomeRowProps {
  readonly outcome: OutcomeKey;
  readonly rule: OutcomeRule;
  readonly problems: StepProps["problems"];
  readonly onChange: (part: Partial<OutcomeRule>) => void;
}

function OutcomeRow({ outcome, rule, problems, onChange }: OutcomeRowProps) {
  const text = useText();
  const member = `dialing_strategy.dispositions.${outcome}`;
  const name = text.wizard.outcomes[outcome];
  const mayBeOwn = rule.after === "RETRY" && outcome !== "invalid_number";
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>
        <select
          className="input"
          id={fieldId(member)}
          aria-label={`${text.wizard.afterwards}: ${name}`}
          value={rule.after}
          onChange={(event) => onChange({ after: event.target.value as OutcomeRule["after"] })}
        >
          <option value="RETRY">{text.wizard.retry}</option>
          <option value="FINAL">{text.wizard.final}</option>
        </select>
      </td>
      <td>
        {mayBeOwn && (
          <div className="row">
            <Check checked={rule.custom} onChange={(custom) => onChange({ custom })}>
              <span className="visually-hidden">{name}: </span>
              {text.wizard.own}
            </Check>
            {rule.custom && (
              <>
                <RowNumber
                  name={`${member}.max_attempts`}
                  label={`${text.wizard.maxAttempts}: ${name}`}
                  range={ATTEMPTS}
                  value={rule.attempts}
                  problems={problems}
                  onChange={(attempts) => onChange({ attempts })}
                />
                <span className="soft">{text.wizard.timesEvery}</span>
                <RowNumber
                  name={`${member}.retry_period`}
                  label={`${text.wizard.retryPeriod}: ${name}`}
                  range={PERIOD}
                  value={rule.period}
                  problems={problems}
                  onChange={(period) => onChange({ period })}
                />
                <UnitSelect label={`${text.wizard.unit}: ${name}`} value={rule.unit} onChange={(unit) => onChange({ unit })} />
              </>
            )}
          </div>
        )}
      </td>
    </tr>
  );
}
