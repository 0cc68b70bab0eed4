import { useText } from "../text/text";
import { Button } from "../ui/button";
import { DispositionForm } from "./disposition-form";
import type { Draft } from "./drafts";
import type { Desk } from "./use-desk";
import type { KeptDrafts } from "./use-drafts";

interface LeftOverProps {
  readonly attempt: string;
  readonly draft: Draft;
  readonly write: KeptDrafts["write"];
  readonly drop: KeptDrafts["drop"];
  readonly desk: Desk;
}

/** What was written about a call whose wrap-up ended before it was saved. */
export function LeftOver({ attempt, draft, write, drop, desk }: LeftOverProps) {
  const text = useText();
  return (
    <DispositionForm attempt={attempt} of={draft} draft={draft} write={write} session={null} desk={desk}>
      <Button look="quiet" onPress={() => drop(attempt)}>
        {text.desk.discard}
      </Button>
    </DispositionForm>
  );
}
