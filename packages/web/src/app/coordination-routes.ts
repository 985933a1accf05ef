import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import {
  budgetsQuery,
  coordinationSummaryQuery,
  findingsQuery,
  stopsQuery,
} from "../api/coordination.ts";
import { parseBudgetsSearch, parseCoordinationSearch } from "./coordination-search.ts";
import { frame } from "./frame-route.ts";

const findings = createRoute({
  getParentRoute: () => frame,
  path: "/coordination",
  validateSearch: parseCoordinationSearch,
  loaderDeps: ({ search }) => search,
  loader: ({ context: { cache }, deps }) => {
    void cache.prefetchQuery(findingsQuery(deps));
    void cache.prefetchQuery(coordinationSummaryQuery(deps));
  },
  component: lazyRouteComponent(
    () => import("../pages/coordination/CoordinationPage.tsx"),
    "CoordinationPage",
  ),
});

const budgets = createRoute({
  getParentRoute: () => frame,
  path: "/coordination/budgets",
  validateSearch: parseBudgetsSearch,
  loader: ({ context: { cache } }) => {
    void cache.prefetchQuery(budgetsQuery());
    void cache.prefetchQuery(stopsQuery());
  },
  component: lazyRouteComponent(() => import("../pages/budgets/BudgetsPage.tsx"), "BudgetsPage"),
});

/** What agents do to one another, and what they may spend. */
export const coordinationRoutes = [findings, budgets] as const;
