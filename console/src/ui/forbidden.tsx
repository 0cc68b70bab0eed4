import { useText } from "../text/text";

/** Names the right that is missing. */
export function Forbidden({ right }: { readonly right: string }) {
  const text = useText();
  return (
    <div className="note tone-warn">
      <p className="note-title">{text.states.forbiddenTitle}</p>
      <p>{text.states.forbidden(right)}</p>
    </div>
  );
}
