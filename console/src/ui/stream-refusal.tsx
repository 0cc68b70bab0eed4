import type { Refusal } from "../stream/topic";
import { useText } from "../text/text";

/** Why the server does not stream what was asked for. */
export function StreamRefusal({ refusal, what }: { readonly refusal: Refusal | null; readonly what: string }) {
  const text = useText();
  if (refusal === null) return null;
  return (
    <div className="note tone-bad" role="alert">
      <p className="note-title">{text.states.failedPanel(what)}</p>
      <p>{refusal.message}</p>
      <p className="small soft">
        {text.states.code} <code>{refusal.code}</code>
      </p>
    </div>
  );
}
