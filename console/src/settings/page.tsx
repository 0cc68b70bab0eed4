import { lazy, Suspense, type ComponentType } from "react";
import { Link, Redirect, useParams } from "wouter";
import { useCan, useMayChange } from "../session/session";
import { useText, type Text } from "../text/text";
import { Forbidden } from "../ui/forbidden";
import { PageHead } from "../ui/page-head";
import { Skeleton } from "../ui/panel";
import { AgentTimes } from "./agent-times";
import { Clients } from "./clients";
import { Dispositions } from "./dispositions";
import { Health } from "./health";
import { Numbers } from "./numbers";
import { Presets } from "./presets";
import { Users } from "./users";
import { Webhooks } from "./webhooks";

interface Part {
  readonly id: keyof Text["settings"]["parts"];
  readonly needs: string;
  /** Not for those who may only look: there is a secret in it. */
  readonly changes?: true;
  readonly Content: ComponentType;
}

const PARTS: readonly Part[] = [
  { id: "users", needs: "users:read", Content: Users },
  { id: "dispositions", needs: "campaigns:read", Content: Dispositions },
  { id: "hours", needs: "campaigns:read", Content: lazy(() => import("./hours")) },
  { id: "agents", needs: "agents:read", Content: AgentTimes },
  { id: "phones", needs: "users:read", Content: lazy(() => import("./phones")) },
  { id: "numbers", needs: "numbers:read", Content: Numbers },
  { id: "presets", needs: "campaigns:read", Content: Presets },
  { id: "webhooks", needs: "record-lists:manage", changes: true, Content: Webhooks },
  { id: "health", needs: "agents:read", Content: Health },
  { id: "clients", needs: "clients:manage", changes: true, Content: Clients },
];

/** What holds for all campaigns. */
export default function SettingsPage() {
  const { part } = useParams<{ part?: string }>();
  const text = useText();
  const can = useCan();
  const mayChange = useMayChange();
  const opens = (one: Part) => (one.changes ? mayChange(one.needs) : can(one.needs));
  const seen = PARTS.filter(opens);
  const shown = PARTS.find((one) => one.id === part);
  if (part === undefined && seen[0]) return <Redirect to={`/settings/${seen[0].id}`} replace />;
  return (
    <>
      <PageHead title={text.nav.settings} live={false} />
      <nav className="tabs" aria-label={text.nav.settings}>
        {seen.map((one) => (
          <Link key={one.id} href={`/settings/${one.id}`} className="tab" aria-current={one === shown ? "page" : undefined}>
            {text.settings.parts[one.id]}
          </Link>
        ))}
      </nav>
      {shown === undefined ? <p>{text.states.notFound}</p> : opens(shown) ? <Suspense fallback={<Skeleton height={320} what={text.settings.parts[shown.id]} />}><shown.Content /></Suspense> : <Forbidden right={shown.needs} />}
    </>
  );
}
