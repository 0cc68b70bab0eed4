import { useQuery } from "@tanstack/react-query";
import { api, told } from "../api/client";
import { EditHours } from "../hours/edit-hours";
import { SaveAsTemplate, StartFromTemplate } from "../hours/from-template";
import { useHoursText } from "../hours/words";
import { errorOf } from "../ui/problem-of";
import type { StepProps } from "./parts";

export function HoursStep({ draft, change, problems }: StepProps) {
  return (
    <>
      <StartFromTemplate hours={draft} change={change} />
      <EditHours hours={draft} change={change} problems={problems} windowsName="dialing_strategy.calling_hours" />
      <SaveAsTemplate hours={draft} />
      <Presets draft={draft} change={change} problems={problems} />
    </>
  );
}

function Presets({ draft, change, problems }: StepProps) {
  const words = useHoursText();
  const presets = useQuery({ queryKey: ["presets"], queryFn: () => told(api.GET("/v1/presets")), staleTime: Infinity });
  if (presets.data === undefined) return null;
  return (
    <fieldset className="stack-tight">
      <legend className="field-label">{words.presets}</legend>
      <p className="field-hint">{words.presetsHint}</p>
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
