/** Every page of the supervisors: its address, the right it asks for, and its code, fetched when it is first wanted. */

import { lazy, type ComponentType } from "react";

export interface PageRoute {
  readonly path: string;
  readonly needs: string;
  readonly Page: ComponentType;
}

export const SUPERVISOR_ROUTES: readonly PageRoute[] = [
  { path: "/campaigns", needs: "campaigns:read", Page: lazy(() => import("./campaigns/list-page")) },
  { path: "/campaigns/new", needs: "campaigns:write", Page: lazy(() => import("./wizard/new-page")) },
  { path: "/campaigns/:id/edit", needs: "campaigns:write", Page: lazy(() => import("./wizard/edit-page")) },
  { path: "/campaigns/:id/live", needs: "campaigns:read", Page: lazy(() => import("./live/page")) },
  { path: "/campaigns/:id/records", needs: "campaigns:read", Page: lazy(() => import("./records/page")) },
  { path: "/campaigns/:id/results", needs: "campaigns:read", Page: lazy(() => import("./results/page")) },
  { path: "/campaigns/:id/forecast", needs: "campaigns:read", Page: lazy(() => import("./forecast/page")) },
  { path: "/campaigns/:id/audit", needs: "campaigns:read", Page: lazy(() => import("./audit/campaign-page")) },
  { path: "/lists", needs: "record-lists:manage", Page: lazy(() => import("./lists/page")) },
  { path: "/lists/:id", needs: "record-lists:manage", Page: lazy(() => import("./lists/list-page")) },
  { path: "/lists/:id/import/:job", needs: "record-lists:manage", Page: lazy(() => import("./lists/import-page")) },
  { path: "/dnc", needs: "do-not-call-lists:manage", Page: lazy(() => import("./dnc/page")) },
  { path: "/dnc/:id", needs: "do-not-call-lists:manage", Page: lazy(() => import("./dnc/list-page")) },
  { path: "/agents", needs: "agents:read", Page: lazy(() => import("./agents/page")) },
  { path: "/agents/by-day", needs: "agents:read", Page: lazy(() => import("./agents/day-page")) },
  { path: "/callbacks", needs: "schedule-callbacks:read", Page: lazy(() => import("./callbacks/page")) },
  { path: "/audit", needs: "audit:read", Page: lazy(() => import("./audit/page")) },
  { path: "/settings/:part?", needs: "campaigns:read", Page: lazy(() => import("./settings/page")) },
];
