import { useMutation } from "@tanstack/react-query";
import { lazy, Suspense, useEffect } from "react";
import { ApiProblem } from "../api/problem";
import { useLate } from "../text/late";
import { useText } from "../text/text";
import { Skeleton } from "../ui/panel";
import { ProblemNote } from "../ui/problem-note";
import { DeskBar } from "./bar";
import { DispositionForm } from "./disposition-form";
import { emptyDraft, leftOver, type DraftOf } from "./drafts";
import { LeftOver } from "./left-over";
import { SignOn } from "./sign-on";
import { linkTrouble, nameOf, workKey, type Session } from "./state";
import { useDesk, type Desk } from "./use-desk";
import { useDeskPhone } from "./use-desk-phone";
import { useDrafts } from "./use-drafts";
import { words } from "./words";
import { WorkCard } from "./work-card";
import "./desk.css";

/** Fetched by the desks that are phones as well: its library is as large as the desk. */
const Phone = lazy(() => import("../phone/phone"));

/** Do something, named for when it fails. */
export type Run = (what: string, act: () => Promise<unknown>) => void;

interface Deed {
  readonly what: string;
  readonly act: () => Promise<unknown>;
}

/** Where an agent works: their state, the person on the screen or on the line, and what is to be written about the call. */
export default function DeskPage() {
  const text = useText();
  const phone = useDeskPhone();
  const desk = useDesk(phone.link);
  const kept = useDrafts();
  // Never kept for later while the link is down: the next call must not be hung up in place of this one.
  const acting = useMutation({ mutationFn: ({ act }: Deed) => act(), networkMode: "always" });
  const run: Run = (what, act) => acting.mutate({ what, act });
  const { session } = desk.state;
  const attempt = session?.work?.attempt_id ?? null;
  useTitle(session);
  return (
    <div className="desk">
      <DeskBar desk={desk} run={run} busy={acting.isPending} />
      {phone.offer !== null && (
        <Suspense>
          <Phone offer={phone.offer} onLink={phone.setLink} inCall={session?.state === "talking"} />
        </Suspense>
      )}
      <LinkBanner desk={desk} />
      <main className="desk-main" id="content">
        <h1 className="visually-hidden">{text.desk.title}</h1>
        {acting.error && (
          <ProblemNote
            title={titleOf(acting.error, text.desk.refusals) ?? text.states.failedAction(acting.variables.what)}
            error={acting.error}
            takesFocus
          />
        )}
        {!desk.state.known && <Skeleton height={320} what={text.desk.title} />}
        {desk.state.known && session === null && <SignOn desk={desk} run={run} busy={acting.isPending} />}
        {session !== null && (
          <div className="desk-columns" data-form={attempt !== null && wantsForm(session) ? "" : undefined}>
            <WorkCard key={workKey(session)} session={session} desk={desk} run={run} busy={acting.isPending} />
            {attempt !== null && wantsForm(session) && (
              <DispositionForm
                key={attempt}
                attempt={attempt}
                of={draftOf(session)}
                draft={kept.drafts[attempt] ?? emptyDraft(draftOf(session))}
                write={kept.write}
                session={session}
                desk={desk}
              />
            )}
          </div>
        )}
        {desk.state.known &&
          leftOver(kept.drafts, session !== null && wantsForm(session) ? attempt : null).map(([id, draft]) => (
            <LeftOver key={id} attempt={id} draft={draft} write={kept.write} drop={kept.drop} desk={desk} />
          ))}
      </main>
      <Announcer session={session} />
    </div>
  );
}

const wantsForm = (session: Session) => session.state === "talking" || session.state === "wrap_up";

function draftOf(session: Session): DraftOf {
  return { name: nameOf(session) ?? "", phone: session.work?.phone_number ?? "", zone: session.work?.record?.timezone ?? null };
}

function titleOf(error: Error, refusals: Readonly<Record<string, string>>): string | undefined {
  return error instanceof ApiProblem ? refusals[error.code] : undefined;
}

/** The tab tells the state too: agents look at another window while they wait. */
function useTitle(session: Session | null): void {
  const text = useText();
  const said = useLate(words);
  const state = session === null ? null : session.on_hold === true ? said.onHold : text.agentStates[session.state];
  const name = session === null ? null : nameOf(session);
  useEffect(() => {
    document.title = state === null ? `${text.desk.title} · ${text.product}` : `${text.desk.announce(state, name)} · ${text.product}`;
  }, [text, state, name]);
}

/** Each change of the state is read aloud once; clocks are not. */
function Announcer({ session }: { readonly session: Session | null }) {
  const text = useText();
  const said = useLate(words);
  return (
    <p className="visually-hidden" role="status">
      {session === null ? "" : text.desk.announce(session.on_hold === true ? said.onHold : text.agentStates[session.state], nameOf(session))}
    </p>
  );
}

function LinkBanner({ desk }: { readonly desk: Desk }) {
  const text = useText();
  const trouble = linkTrouble(desk.state);
  return (
    <div role="status">
      {trouble !== null && (
        <p className={`banner tone-${trouble === "unanswered" ? "bad" : "warn"}`}>
          {trouble === "unanswered" ? text.desk.linkUnanswered : text.desk.linkLost}
        </p>
      )}
    </div>
  );
}
