import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Header } from "react-aria-components/Header";
import { Menu, MenuItem, MenuSection, MenuTrigger } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";
import { api, told } from "../api/client";
import { duration } from "../lib/format";
import { useKey } from "../lib/keys";
import { AccountMenu } from "../shell/account-menu";
import { Brand } from "../shell/brand";
import { KeySheet } from "../shell/commands";
import { useServerNow } from "../stream/provider";
import { useLate } from "../text/late";
import { useText } from "../text/text";
import { wordFor } from "../text/words";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { LinkPill } from "../ui/link-pill";
import { AgentPill } from "../ui/state-pill";
import type { Run } from "./page";
import { allows, isFree, takesCalls, timeIn, type Session } from "./state";
import type { Desk } from "./use-desk";
import { words } from "./words";

interface BarProps {
  readonly desk: Desk;
  readonly run: Run;
  readonly busy: boolean;
}

/** The agent's own state and how to change it. */
export function DeskBar({ desk, run, busy }: BarProps) {
  const text = useText();
  const { session } = desk.state;
  return (
    <header className="desk-bar" aria-label={text.desk.bar}>
      <Brand />
      {session !== null && <State session={session} />}
      <LinkPill />
      <div className="desk-bar-end">
        {session !== null && <StateCommands session={session} desk={desk} run={run} busy={busy} />}
        <Keys />
        <AccountMenu />
      </div>
      {session !== null && <Leaving session={session} desk={desk} run={run} busy={busy} />}
    </header>
  );
}

function State({ session }: { readonly session: Session }) {
  const text = useText();
  const now = useServerNow();
  const since = timeIn(session, now);
  return (
    <div className="row desk-state">
      {session.state !== "signed_out" && <AgentPill state={session.state} />}
      {since !== null && <span>{text.desk.inState(duration(since))}</span>}
      {now !== null && <span className="soft small desk-signed-on">{text.desk.signedOnFor(duration(now - Date.parse(session.signed_in_at)))}</span>}
    </div>
  );
}

interface CommandProps extends BarProps {
  readonly session: Session;
}

function StateCommands({ session, desk, run, busy }: CommandProps) {
  const text = useText();
  const paused = session.state === "paused";
  const ready = () => run(text.desk.ready, desk.ready);
  useKey("r", ready, paused && takesCalls(desk.phone) && allows(session, "ready"));
  return (
    <>
      {!paused && session.leaving === undefined && <PauseMenu session={session} desk={desk} run={run} busy={busy} />}
      <Button look="quiet" isDisabled={busy || session.leaving === "signed_out"} onPress={() => run(text.desk.signOff, desk.signOff)}>
        {text.desk.signOff}
      </Button>
    </>
  );
}

const NO_REASON = "";

function PauseMenu({ session, desk, run, busy }: CommandProps) {
  const text = useText();
  const settings = useQuery({ queryKey: ["agent-settings"], queryFn: () => told(api.GET("/v1/agent-settings")) });
  const reasons = [...(settings.data?.pause_reasons ?? []), NO_REASON];
  const words = (reason: string) => (reason === NO_REASON ? text.desk.noReason : wordFor(text.desk.pauseReasons, reason));
  const items = (when: "now" | "after") =>
    reasons.map((reason) => (
      <MenuItem key={reason} id={`${when}:${reason}`} className="menu-item">
        {words(reason)}
      </MenuItem>
    ));
  const free = isFree(session);
  return (
    <MenuTrigger>
      <Button isDisabled={busy}>{free ? text.desk.pause : text.desk.pauseLater}</Button>
      <Popover className="popover" placement="bottom end">
        <Menu
          className="menu"
          aria-label={text.desk.pause}
          onAction={(key) => {
            const [when, reason = NO_REASON] = String(key).split(/:(.*)/s);
            run(text.desk.pause, () => desk.pause(reason === NO_REASON ? null : reason, when === "after"));
          }}
        >
          {free && (
            <MenuSection>
              <Header className="menu-header">{text.desk.pauseNow}</Header>
              {items("now")}
            </MenuSection>
          )}
          <MenuSection>
            <Header className="menu-header">{free ? text.desk.pauseAfter : text.desk.pauseAfterThis}</Header>
            {items("after")}
          </MenuSection>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

/** Where the agent goes after this call, with a way to stay. */
function Leaving({ session, desk, run, busy }: CommandProps) {
  const text = useText();
  if (session.leaving === undefined) return null;
  const reason = session.leaving_reason === undefined ? null : wordFor(text.desk.pauseReasons, session.leaving_reason);
  return (
    <p className="desk-leaving row">
      {session.leaving === "signed_out" ? text.desk.leavingOut : text.desk.leavingPause(reason)}
      {allows(session, "ready") && session.state !== "wrap_up" && (
        <Button small isDisabled={busy} onPress={() => run(text.desk.stay, desk.ready)}>
          {text.desk.stay}
        </Button>
      )}
    </p>
  );
}

function Keys() {
  const text = useText();
  const [open, setOpen] = useState(false);
  useKey("?", () => setOpen(true));
  const close = () => setOpen(false);
  const said = useLate(words);
  const { keys } = text.desk;
  return (
    <>
      <Button look="quiet" aria-label={text.keys.open} onPress={() => setOpen(true)}>
        <kbd>?</kbd>
      </Button>
      <Dialog title={text.keys.title} isOpen={open} onClose={close}>
        <KeySheet
          keys={[
            ["D", keys.dial],
            ["S", keys.skip],
            ["E", keys.hangUp],
            ["H", said.keys.hold],
            ["K", said.keys.keypad],
            ["1 – 9", keys.disposition],
            ["N", keys.notes],
            ["Ctrl Enter", keys.save],
            ["M", said.keys.m],
            ["R", keys.ready],
            ["?", text.keys.help],
          ]}
        />
        <div className="dialog-actions">
          <Button onPress={close}>{text.actions.close}</Button>
        </div>
      </Dialog>
    </>
  );
}
