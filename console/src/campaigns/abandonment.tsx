import { useFormat, useText } from "../text/text";
import { Meter } from "../ui/meter";
import type { Tone } from "../ui/pill";

interface AbandonmentShown {
  readonly rate?: number;
  readonly cap?: number;
}

/** Amber from this part of the cap on, red at the cap. */
export const NEAR_CAP = 0.8;

export function abandonmentTone({ rate, cap }: AbandonmentShown): Tone {
  if (rate === undefined || cap === undefined || rate < cap * NEAR_CAP) return "good";
  return rate >= cap ? "bad" : "warn";
}

/** The rate beside its cap. */
export function AbandonmentMeter({ rate, cap }: AbandonmentShown) {
  const text = useText();
  const format = useFormat();
  if (rate === undefined || cap === undefined || cap === 0) return null;
  return (
    <Meter
      label={text.campaigns.abandonment}
      value={rate / (cap * 1.25)}
      mark={0.8}
      tone={abandonmentTone({ rate, cap })}
      text={text.campaigns.abandonmentOf(format.percent(rate, 2), format.percent(cap))}
    />
  );
}
