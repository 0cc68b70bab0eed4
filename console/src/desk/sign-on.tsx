import { useText } from "../text/text";
import { Button } from "../ui/button";
import { Panel } from "../ui/panel";
import type { Run } from "./page";
import type { Desk } from "./use-desk";

interface SignOnProps {
  readonly desk: Desk;
  readonly run: Run;
  readonly busy: boolean;
}

/** Before work: for whom, and off. */
export function SignOn({ desk, run, busy }: SignOnProps) {
  const text = useText();
  const begin = (ready: boolean) => run(text.desk.signOn, () => desk.signOn(null, ready));
  return (
    <div className="desk-sign-on">
      {desk.state.ended && (
        <div className="note tone-warn" role="status">
          <p className="note-title">{text.desk.endedTitle}</p>
          <p>{text.desk.ended}</p>
        </div>
      )}
      <Panel title={text.desk.signOnTitle}>
        <p className="soft">{text.desk.signOnAbout}</p>
        <div className="form-actions">
          <Button look="primary" isPending={busy} isDisabled={desk.phone === "unready"} onPress={() => begin(true)}>
            {text.desk.signOn}
          </Button>
          <Button isDisabled={busy} onPress={() => begin(false)}>
            {text.desk.signOnPaused}
          </Button>
        </div>
      </Panel>
    </div>
  );
}
