import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, Outlet } from "@tanstack/react-router";

import { Frame } from "./frame.tsx";

interface Context {
  cache: QueryClient;
}

export const root = createRootRouteWithContext<Context>()({ component: Outlet });

/** The frame around every page; every other route hangs below it. */
export const frame = createRoute({
  getParentRoute: () => root,
  path: "/dashboard",
  component: Frame,
});
