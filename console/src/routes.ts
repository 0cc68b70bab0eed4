/** Every page of the supervisors: its address, the right it asks for, and its code, fetched when it is first wanted. */

import { lazy, type ComponentType } from "react";

export interface PageRoute {
  readonly path: string;
  readonly needs: string;
  readonly Page: ComponentType;
}

export const SUPERVISOR_ROUTES: readonly PageRoute[] = [
  { path: "/campaigns", needs: "campaigns:read", Page: lazy(() => import("./campaigns/list-page")) },
  { path: "/campaigns/:id/live", needs: "campaigns:read", Page: lazy(() => import("./live/page")) },
];
