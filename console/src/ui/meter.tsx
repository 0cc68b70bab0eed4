import type { Tone } from "./pill";

interface MeterProps {
  readonly label: string;
  /** 0..1; beyond, the bar is full. */
  readonly value: number;
  /** The value in words: what is read aloud. */
  readonly text: string;
  readonly tone?: Tone;
  /** A line across the bar, 0..1: a limit. */
  readonly mark?: number;
}

export function Meter({ label, value, text, tone, mark }: MeterProps) {
  const shown = Math.min(1, Math.max(0, value));
  return (
    <span
      className={`meter${tone ? ` tone-${tone}` : ""}`}
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={1}
      aria-valuenow={shown}
      aria-valuetext={text}
    >
      <span className="meter-fill" style={{ transform: `scaleX(${shown})` }} />
      {mark !== undefined && <span className="meter-mark" style={{ insetInlineStart: `${Math.min(1, mark) * 100}%` }} />}
    </span>
  );
}
