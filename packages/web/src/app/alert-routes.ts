import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { acknowledgementsQuery } from "../api/acknowledge.ts";
import { silencesQuery } from "../api/alertmanager.ts";
import { maintenanceQuery } from "../api/maintenance.ts";
import {
  alertHistoryQuery,
  alertQuery,
  alertsQuery,
  deliveriesQuery,
  ruleQuery,
  rulesQuery,
} from "../api/queries.ts";
import { routedAlertsQuery, routesQuery } from "../api/routing.ts";
import {
  parseAlertsSearch,
  parseIncidentsSearch,
  parseInsightsSearch,
  parseMonthSearch,
  parseNewSilenceSearch,
  parseOnCallSearch,
  parseRoutingSearch,
  parseRulesSearch,
  parseSilencesSearch,
} from "./alert-search.ts";
import { frame } from "./frame-route.ts";
import { parseRuleSearch } from "./search.ts";

const list = createRoute({
  getParentRoute: () => frame,
  path: "/alerts",
  validateSearch: parseAlertsSearch,
  loader: ({ context: { cache } }) => {
    void cache.prefetchQuery(alertsQuery());
    void cache.prefetchQuery(routedAlertsQuery());
    void cache.prefetchQuery(acknowledgementsQuery());
  },
  component: lazyRouteComponent(() => import("../pages/alerts/AlertsPage.tsx"), "ActiveAlertsPage"),
});

/** Inside of the list, which stays beside it. */
const alert = createRoute({
  getParentRoute: () => list,
  path: "$alertId",
  loader: ({ context: { cache }, params }) => {
    void cache.prefetchQuery(alertQuery(params.alertId));
    void cache.prefetchQuery(deliveriesQuery(params.alertId));
  },
  component: lazyRouteComponent(() => import("../pages/alerts/AlertPage.tsx"), "AlertPage"),
});

const history = createRoute({
  getParentRoute: () => frame,
  path: "/alerts/history",
  loader: ({ context: { cache } }) => void cache.prefetchQuery(alertHistoryQuery()),
  component: lazyRouteComponent(
    () => import("../pages/alerts/HistoryPage.tsx"),
    "AlertHistoryPage",
  ),
});

const rules = createRoute({
  getParentRoute: () => frame,
  path: "/alerts/rules",
  validateSearch: parseRulesSearch,
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

const silences = createRoute({
  getParentRoute: () => frame,
  path: "/alerts/silences",
  validateSearch: parseSilencesSearch,
  loader: ({ context: { cache } }) => void cache.prefetchQuery(silencesQuery()),
  component: lazyRouteComponent(() => import("../pages/silences/SilencesPage.tsx"), "SilencesPage"),
});

const newSilence = createRoute({
  getParentRoute: () => frame,
  path: "/alerts/silences/new",
  validateSearch: parseNewSilenceSearch,
  component: lazyRouteComponent(
    () => import("../pages/silences/SilencePage.tsx"),
    "NewSilencePage",
  ),
});

const silence = createRoute({
  getParentRoute: () => frame,
  path: "/alerts/silences/$silenceId",
  component: lazyRouteComponent(() => import("../pages/silences/SilencePage.tsx"), "SilencePage"),
});

const maintenance = createRoute({
  getParentRoute: () => frame,
  path: "/alerts/maintenance",
  validateSearch: parseMonthSearch,
  loader: ({ context: { cache } }) => void cache.prefetchQuery(maintenanceQuery()),
  component: lazyRouteComponent(
    () => import("../pages/silences/MaintenancePage.tsx"),
    "MaintenancePage",
  ),
});

const newMaintenance = createRoute({
  getParentRoute: () => frame,
  path: "/alerts/maintenance/new",
  component: lazyRouteComponent(
    () => import("../pages/silences/MaintenancePage.tsx"),
    "NewMaintenancePage",
  ),
});

const maintenanceWindow = createRoute({
  getParentRoute: () => frame,
  path: "/alerts/maintenance/$windowId",
  component: lazyRouteComponent(
    () => import("../pages/silences/MaintenancePage.tsx"),
    "MaintenanceWindowPage",
  ),
});

const routing = createRoute({
  getParentRoute: () => frame,
  path: "/alerts/routing",
  validateSearch: parseRoutingSearch,
  loader: ({ context: { cache } }) => void cache.prefetchQuery(routesQuery()),
  component: lazyRouteComponent(() => import("../pages/routing/RoutingPage.tsx"), "RoutingPage"),
});

const incidents = createRoute({
  getParentRoute: () => frame,
  path: "/alerts/incidents",
  validateSearch: parseIncidentsSearch,
  component: lazyRouteComponent(
    () => import("../pages/incidents/IncidentsPage.tsx"),
    "IncidentsPage",
  ),
});

const incident = createRoute({
  getParentRoute: () => frame,
  path: "/alerts/incidents/$incidentId",
  component: lazyRouteComponent(
    () => import("../pages/incidents/IncidentPage.tsx"),
    "IncidentPage",
  ),
});

const onCall = createRoute({
  getParentRoute: () => frame,
  path: "/alerts/on-call",
  validateSearch: parseOnCallSearch,
  component: lazyRouteComponent(() => import("../pages/on-call/OnCallPage.tsx"), "OnCallPage"),
});

const insights = createRoute({
  getParentRoute: () => frame,
  path: "/alerts/insights",
  validateSearch: parseInsightsSearch,
  component: lazyRouteComponent(
    () => import("../pages/alert-insights/InsightsPage.tsx"),
    "InsightsPage",
  ),
});

/** The pages of alerting, which all stand below the frame. */
export const alertRoutes = [
  list.addChildren([alert]),
  history,
  rules,
  newRule,
  rule,
  silences,
  newSilence,
  silence,
  maintenance,
  newMaintenance,
  maintenanceWindow,
  routing,
  incidents,
  incident,
  onCall,
  insights,
] as const;
