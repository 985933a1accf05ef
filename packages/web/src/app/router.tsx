import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";

import {
  alertHistoryQuery,
  alertQuery,
  alertsQuery,
  deliveriesQuery,
  eventsQuery,
  latencyQuery,
  metricNamesQuery,
  overviewQuery,
  ruleQuery,
  rulesQuery,
  serviceEventsQuery,
  serviceQuery,
  servicesQuery,
} from "../api/queries.ts";
import { parseCardinalitySearch, parseExploreSearch } from "./explore-search.ts";
import { Frame } from "./frame.tsx";
import { NotFound, PageFailure } from "./not-found.tsx";
import { parseRuleSearch, parseServicesSearch, parseTimeSearch } from "./search.ts";

interface Context {
  cache: QueryClient;
}

const root = createRootRouteWithContext<Context>()({ component: Outlet });

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/dashboard" });
  },
});

const frame = createRoute({ getParentRoute: () => root, path: "/dashboard", component: Frame });

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

const alerts = createRoute({
  getParentRoute: () => frame,
  path: "/alerts",
  loader: ({ context: { cache } }) => {
    void cache.prefetchQuery(alertsQuery());
    void cache.prefetchQuery(rulesQuery());
  },
  component: lazyRouteComponent(() => import("../pages/alerts/AlertsPage.tsx"), "ActiveAlertsPage"),
});

const alertHistory = createRoute({
  getParentRoute: () => frame,
  path: "/alerts/history",
  loader: ({ context: { cache } }) => void cache.prefetchQuery(alertHistoryQuery()),
  component: lazyRouteComponent(() => import("../pages/alerts/AlertsPage.tsx"), "AlertHistoryPage"),
});

const rules = createRoute({
  getParentRoute: () => frame,
  path: "/alerts/rules",
  loader: ({ context: { cache } }) => void cache.prefetchQuery(rulesQuery()),
  component: lazyRouteComponent(() => import("../pages/alerts/RulesPage.tsx"), "RulesPage"),
});

const newRule = createRoute({
  getParentRoute: () => frame,
  path: "/alerts/rules/new",
  validateSearch: parseRuleSearch,
  component: lazyRouteComponent(() => import("../pages/alerts/RulePage.tsx"), "NewRulePage"),
});

const rule = createRoute({
  getParentRoute: () => frame,
  path: "/alerts/rules/$ruleId",
  loader: ({ context: { cache }, params }) => void cache.prefetchQuery(ruleQuery(params.ruleId)),
  component: lazyRouteComponent(() => import("../pages/alerts/RulePage.tsx"), "RulePage"),
});

const alert = createRoute({
  getParentRoute: () => frame,
  path: "/alerts/$alertId",
  loader: ({ context: { cache }, params }) => {
    void cache.prefetchQuery(alertQuery(params.alertId));
    void cache.prefetchQuery(deliveriesQuery(params.alertId));
  },
  component: lazyRouteComponent(() => import("../pages/alerts/AlertPage.tsx"), "AlertPage"),
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
    alerts,
    alertHistory,
    rules,
    newRule,
    rule,
    alert,
    metrics,
    cardinality,
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
