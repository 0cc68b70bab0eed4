import type { ReactNode } from "react";
import { Glyph, type Shape } from "./glyph";

export type Tone = "good" | "warn" | "bad" | "info" | "violet" | "neutral";

interface PillProps {
  readonly tone: Tone;
  readonly shape: Shape;
  readonly children: ReactNode;
}

export function Pill({ tone, shape, children }: PillProps) {
  return (
    <span className={`pill tone-${tone}`}>
      <Glyph shape={shape} />
      <span>{children}</span>
    </span>
  );
}
