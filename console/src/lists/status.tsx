import type { Schema } from "../api/client";
import { useText } from "../text/text";
import type { Shape } from "../ui/glyph";
import { Pill, type Tone } from "../ui/pill";
import { useImportText } from "./words";

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

/** Of a file: one that waits is not "empty", and one that was taken back is not "rejected". */
export function UploadPill({ upload }: { readonly upload: Schema["UploadShown"] }) {
  const words = useImportText();
  if (upload.status === "REJECTED" && upload.cancel_asked_at !== undefined) {
    return (
      <Pill tone="neutral" shape="cross">
        {words.canceledState}
      </Pill>
    );
  }
  if (upload.status === "INCOMPLETE") {
    return (
      <Pill tone="neutral" shape="ring">
        {words.preparedState}
      </Pill>
    );
  }
  return <ListStatusPill status={upload.status} />;
}
