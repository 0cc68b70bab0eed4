import { detection as en } from "../text/en/detection";
import { useLate } from "../text/late";
import { detection as pt } from "../text/pt/detection";
import { useText } from "../text/text";
import { Field } from "../ui/field";
import { errorOf } from "../ui/problem-of";
import { PROFILES, type Profile } from "./draft";
import { NumberField, type StepProps } from "./parts";

const WORDS = { en, pt };

/** How this campaign tells people from machines, where it does. */
export function DetectionFields({ draft, change, problems }: StepProps) {
  const text = useText();
  const words = useLate(WORDS);
  const wrong = problems.filter((problem) => problem.name !== "detection.sample_rate");
  const rules = Object.entries(draft.beyond.detection ?? {});
  return (
    <>
      <Field label={text.wizard.members.profile} name="detection" hint={words.profileHint} error={errorOf(wrong, "detection")}>
        {(control) => (
          <select {...control} value={draft.profile} onChange={(event) => change({ profile: event.target.value as Profile })}>
            {PROFILES.map((profile) => (
              <option key={profile} value={profile}>
                {words.profiles[profile]}
              </option>
            ))}
          </select>
        )}
      </Field>
      {rules.length > 0 && <p className="soft">{words.rules(rules.map(([name, value]) => `${name} ${value}`).join(", "))}</p>}
      <NumberField
        name="detection.sample_rate"
        label={text.wizard.members.sampleRate}
        hint={words.sampleHint}
        step={0.1}
        value={draft.sampleRate}
        problems={problems}
        onChange={(sampleRate) => change({ sampleRate })}
      />
    </>
  );
}

/** What somebody hears for whom no agent is there. */
export function SafetyMessage({ draft, change, problems }: StepProps) {
  const text = useText();
  const words = useLate(WORDS);
  return (
    <Field label={text.wizard.members.safetyMessage} name="safety_message" hint={words.messageHint} error={errorOf(problems, "safety_message")} optional>
      {(control) => (
        <input
          {...control}
          value={draft.safetyMessage}
          maxLength={60}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => change({ safetyMessage: event.target.value })}
        />
      )}
    </Field>
  );
}
