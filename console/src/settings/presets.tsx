import { useQuery } from "@tanstack/react-query";
import { api, told } from "../api/client";
import { weekInWords } from "../lib/calling-hours";
import { useFormat, useText } from "../text/text";
import { Loaded, Panel } from "../ui/panel";

/** The rule sets that campaigns can be held to. */
export function Presets() {
  const text = useText();
  const format = useFormat();
  const presets = useQuery({ queryKey: ["presets"], queryFn: () => told(api.GET("/v1/presets")) });
  return (
    <Loaded query={presets} what={text.settings.parts.presets}>
      {({ _embedded }) => (
        <div className="columns">
          {_embedded.presets.map((preset) => (
            <Panel key={preset.id} title={preset.name}>
              <dl className="facts">
                <dt>{text.settings.source}</dt>
                <dd>{preset.source}</dd>
                {preset.calling_hours && (
                  <>
                    <dt>{text.settings.hours}</dt>
                    <dd>{weekInWords(preset.calling_hours, text.daysShort)}</dd>
                  </>
                )}
                {preset.highest_abandonment_rate !== undefined && (
                  <>
                    <dt>{text.campaigns.abandonment}</dt>
                    <dd>{text.settings.upTo(`${format.decimal(preset.highest_abandonment_rate, 1)} %`)}</dd>
                  </>
                )}
                {preset.frequency && (
                  <>
                    <dt>{text.records.attempts}</dt>
                    <dd>{text.settings.frequency(preset.frequency.attempts, preset.frequency.hours)}</dd>
                  </>
                )}
              </dl>
              {preset.duties.length > 0 && (
                <ul>
                  {preset.duties.map((duty) => (
                    <li key={duty}>{duty}</li>
                  ))}
                </ul>
              )}
            </Panel>
          ))}
        </div>
      )}
    </Loaded>
  );
}
