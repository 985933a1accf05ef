import type { QueryClient } from "@tanstack/react-query";
import { createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";

import {
  alertsQuery,
  eventsQuery,
  latencyQuery,
  metricNamesQuery,
  overviewQuery,
  serviceEventsQuery,
  serviceQuery,
  servicesQuery,
} from "../api/queries.ts";
import { runQuery } from "../api/runs.ts";
import { fleetQuery } from "../api/fleet.ts";
import { agentRoutes } from "./agent-routes.ts";
import { alertRoutes } from "./alert-routes.ts";
import { coordinationRoutes } from "./coordination-routes.ts";
import { parseCardinalitySearch, parseExploreSearch } from "./explore-search.ts";
import { parseFleetSearch } from "./fleet-search.ts";
import { frame, root } from "./frame-route.ts";
import { NotFound, PageFailure } from "./not-found.tsx";
import { parseLogsSearch } from "./logs-search.ts";
import { parseRunErrorsSearch, parseRunSearch, parseRunsSearch } from "./run-search.ts";
import { parseServicesSearch, parseTimeSearch } from "./search.ts";

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/dashboard" });
  },
});

// Loaders start the requests and do not wait for them: a page shows at once, with skeletons where data is missing.
const overview = createRoute({
  getParentRoute: () => frame,
  path: "/",
  loader: ({ context: { cache } }) => {
    for (const query of [overviewQuery(), servicesQuery(), alertsQuery(), eventsQuery()]) {
      void cache.prefetchQuery(query as ReturnType<typeof overviewQuery>);
    }
  },
  component: lazyRouteComponent(() => import("../pages/overview/OverviewPage.tsx"), "OverviewPage"),
});

const services = createRoute({
  getParentRoute: () => frame,
  path: "/services",
  validateSearch: parseServicesSearch,
  loader: ({ context: { cache } }) => {
    void cache.prefetchQuery(servicesQuery());
    void cache.prefetchQuery(latencyQuery());
  },
  component: lazyRouteComponent(() => import("../pages/services/ServicesPage.tsx"), "ServicesPage"),
});

const service = createRoute({
  getParentRoute: () => frame,
  path: "/services/$serviceId",
  validateSearch: parseTimeSearch,
  loader: ({ context: { cache }, params }) => {
    void cache.prefetchQuery(serviceQuery(params.serviceId));
    void cache.prefetchQuery(serviceEventsQuery(params.serviceId));
  },
  component: lazyRouteComponent(() => import("../pages/services/ServicePage.tsx"), "ServicePage"),
});

const fleet = createRoute({
  getParentRoute: () => frame,
  path: "/fleet",
  validateSearch: parseFleetSearch,
  loader: ({ context: { cache } }) => void cache.prefetchQuery(fleetQuery()),
  component: lazyRouteComponent(() => import("../pages/fleet/FleetPage.tsx"), "FleetPage"),
});

const runs = createRoute({
  getParentRoute: () => frame,
  path: "/runs",
  validateSearch: parseRunsSearch,
  component: lazyRouteComponent(() => import("../pages/runs/RunsPage.tsx"), "RunsPage"),
});

const runErrors = createRoute({
  getParentRoute: () => frame,
  path: "/runs/errors",
  validateSearch: parseRunErrorsSearch,
  component: lazyRouteComponent(() => import("../pages/runs/ErrorsPage.tsx"), "RunErrorsPage"),
});

const run = createRoute({
  getParentRoute: () => frame,
  path: "/runs/$runId",
  validateSearch: parseRunSearch,
  loader: ({ context: { cache }, params }) => void cache.prefetchQuery(runQuery(params.runId)),
  component: lazyRouteComponent(() => import("../pages/runs/RunPage.tsx"), "RunPage"),
});

const logs = createRoute({
  getParentRoute: () => frame,
  path: "/logs",
  validateSearch: parseLogsSearch,
  component: lazyRouteComponent(() => import("../pages/logs/LogsPage.tsx"), "LogsPage"),
});

const metrics = createRoute({
  getParentRoute: () => frame,
  // Not /metrics: GET /dashboard/metrics is the JSON of the dashboard that Fleetlight replaces.
  path: "/explore",
  validateSearch: parseExploreSearch,
  loader: ({ context: { cache } }) => void cache.prefetchQuery(metricNamesQuery()),
  component: lazyRouteComponent(() => import("../pages/metrics/MetricsPage.tsx"), "MetricsPage"),
});

const cardinality = createRoute({
  getParentRoute: () => frame,
  path: "/explore/cardinality",
  validateSearch: parseCardinalitySearch,
  component: lazyRouteComponent(
    () => import("../pages/metrics/CardinalityPage.tsx"),
    "CardinalityPage",
  ),
});

const tree = root.addChildren([
  home,
  frame.addChildren([
    overview,
    services,
    service,
    fleet,
    runs,
    runErrors,
    run,
    logs,
    metrics,
    cardinality,
    ...agentRoutes,
    ...coordinationRoutes,
    ...alertRoutes,
  ]),
]);

export const makeRouter = (cache: QueryClient) =>
  createRouter({
    routeTree: tree,
    context: { cache },
    defaultPreload: "intent",
    defaultPreloadStaleTime: 0,
    scrollRestoration: true,
    defaultNotFoundComponent: NotFound,
    defaultErrorComponent: PageFailure,
  });

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
