import type { Schema } from "../api/client";
import { useText } from "../text/text";
import type { Shape } from "../ui/glyph";
import { Pill, type Tone } from "../ui/pill";

const LOOKS: Record<Schema["ListStatus"], readonly [Tone, Shape]> = {
  INCOMPLETE: ["neutral", "ring"],
  UPLOADED: ["info", "half"],
  VALIDATION_STARTED: ["info", "half"],
  ACCEPTED: ["good", "circle"],
  REJECTED: ["bad", "cross"],
  CORRUPTED: ["bad", "triangle"],
};

export function ListStatusPill({ status }: { readonly status: Schema["ListStatus"] }) {
  const text = useText();
  const [tone, shape] = LOOKS[status];
  return (
    <Pill tone={tone} shape={shape}>
      {text.lists.statuses[status]}
    </Pill>
  );
}
