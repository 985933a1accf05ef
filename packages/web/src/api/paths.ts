/** Every URL of the server's API that the console uses, built in one place. */
const id = encodeURIComponent;

type Query = Record<string, string | number | undefined>;

const withQuery = (path: string, query: Query): string => {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return text === "" ? path : `${path}?${text}`;
};

/** Attributes may be asked for several times. */
const withAttributes = (path: string, query: Query, attributes: readonly string[]): string => {
  const url = withQuery(path, query);
  const more = attributes.map((one) => `attribute=${id(one)}`).join("&");
  return more === "" ? url : `${url}${url.includes("?") ? "&" : "?"}${more}`;
};

export const paths = {
  overview: () => "/api/v1/overview",
  services: () => "/api/v1/services",
  service: (service: string) => `/api/v1/services/${id(service)}`,
  register: () => "/api/v1/services/register",
  serviceEvents: (service: string, limit: number) =>
    withQuery(`/api/v1/services/${id(service)}/events`, { limit }),
  events: (limit: number) => withQuery("/api/v1/events", { limit }),
  alerts: () => "/api/v1/alerts",
  alertHistory: (hours: number) => withQuery("/api/v1/alerts/history", { hours }),
  alert: (alert: string) => `/api/v1/alerts/${id(alert)}`,
  alertDeliveries: (alert: string) => `/api/v1/alerts/${id(alert)}/deliveries`,
  rules: () => "/api/v1/alerts/rules",
  rule: (rule: string) => `/api/v1/alerts/rules/${id(rule)}`,
  ruleGroups: () => withQuery("/api/v1/rules", { type: "alert", exclude_alerts: "true" }),
  rulePreview: () => "/api/v1/alerts/rules/preview",
  metricNames: (search: string, limit: number) =>
    withQuery("/api/v1/metrics/names", { search, limit }),
  series: (match: string, limit: number) => withQuery("/api/v1/metrics/series", { match, limit }),
  /** Times in Unix milliseconds; the server takes seconds. */
  range: (match: string, startMs: number, endMs: number, maxPoints: number) =>
    withQuery("/api/v1/metrics/range", {
      match,
      start: startMs / 1000,
      end: endMs / 1000,
      max_points: maxPoints,
    }),
};

/** Runs: what is asked of one, and of many. */
export const runPaths = {
  list: (query: Query, attributes: readonly string[]) =>
    withAttributes("/api/v1/traces", query, attributes),
  facets: (query: Query, attributes: readonly string[]) =>
    withAttributes("/api/v1/traces/facets", query, attributes),
  heatmap: (query: Query, attributes: readonly string[]) =>
    withAttributes("/api/v1/traces/heatmap", query, attributes),
  differences: (query: Query, attributes: readonly string[]) =>
    withAttributes("/api/v1/traces/differences", query, attributes),
  errors: (query: Query) => withQuery("/api/v1/errors", query),
  compare: (a: string, b: string) => withQuery("/api/v1/traces/compare", { a, b }),
  /** Without its spans, which are many. */
  head: (run: string) => withQuery(`/api/v1/traces/${id(run)}`, { spans: "false" }),
  whole: (run: string) => `/api/v1/traces/${id(run)}`,
  columns: (run: string, from: string | undefined) =>
    withQuery(`/api/v1/traces/${id(run)}/columns`, {
      from,
      // The first part is what somebody waits for; the others are few and large.
      limit: from === undefined ? 5000 : 50_000,
    }),
  span: (run: string, span: string) => `/api/v1/traces/${id(run)}/spans/${id(span)}`,
  analysis: (run: string) => `/api/v1/traces/${id(run)}/analysis`,
  tail: (run: string) => `/api/v1/traces/${id(run)}/tail`,
};

/** Log lines. */
export const logPaths = {
  list: (query: Query, attributes: readonly string[]) =>
    withAttributes("/api/v1/logs", query, attributes),
  histogram: (query: Query, attributes: readonly string[]) =>
    withAttributes("/api/v1/logs/histogram", query, attributes),
  patterns: (query: Query, attributes: readonly string[]) =>
    withAttributes("/api/v1/logs/patterns", query, attributes),
  names: (query: Query) => withQuery("/api/v1/logs/names", query),
  values: (query: Query) => withQuery("/api/v1/logs/values", query),
  tail: (query: Query, attributes: readonly string[]) =>
    withAttributes("/api/v1/logs/tail", query, attributes),
  ofRun: (run: string) => `/api/v1/traces/${id(run)}/logs`,
};

/** Agents, and what they say to one another. */
export const agentPaths = {
  list: (query: Query) => withQuery("/api/v1/agents", query),
  performance: (agent: string, query: Query) =>
    withQuery(`/api/v1/agents/${id(agent)}/performance`, query),
  one: (agent: string, query: Query) => withQuery(`/api/v1/agents/${id(agent)}`, query),
  workflows: (query: Query) => withQuery("/api/v1/workflows", query),
  report: (query: Query) => withQuery("/api/v1/reports/agents", query),
  conversations: (query: Query) => withQuery("/api/v1/conversations", query),
  conversation: (conversation: string) => `/api/v1/conversations/${id(conversation)}`,
};

/** Who reaches whom. */
export const fleetPaths = {
  replay: (query: Query) => withQuery("/api/v1/fleet/graph/replay", query),
  diff: (query: Query) => withQuery("/api/v1/fleet/graph/diff", query),
};

/** What agents do to one another, and what they may spend. */
export const coordinationPaths = {
  findings: (query: Query) => withQuery("/api/v1/coordination", query),
  finding: (finding: string) => `/api/v1/coordination/${id(finding)}`,
  summary: (query: Query) => withQuery("/api/v1/coordination/summary", query),
  budgets: () => "/api/v1/budgets",
  budget: (budget: string) => `/api/v1/budgets/${id(budget)}`,
  budgetHistory: (budget: string) => `/api/v1/budgets/${id(budget)}/history`,
  stops: () => "/api/v1/stops",
  stop: (stop: string, reason: string) => withQuery(`/api/v1/stops/${id(stop)}`, { reason }),
};

/** The part of the API that Alertmanager's tools speak as well. */
export const alertmanagerPaths = {
  silences: (confirmed = false) =>
    withQuery("/api/v2/silences", { confirm: confirmed ? "true" : undefined }),
  silence: (silence: string) => `/api/v2/silence/${id(silence)}`,
};

/** Acknowledgements, incidents, maintenance, insights. */
export const respondPaths = {
  acknowledgements: () => "/api/v1/alerts/acknowledgements",
  acknowledge: () => "/api/v1/alerts/acknowledge",
  unacknowledge: () => "/api/v1/alerts/unacknowledge",
  insights: (start: string, end: string) => withQuery("/api/v1/alerts/insights", { start, end }),
  incidents: (query: Query) => withQuery("/api/v1/incidents", query),
  incident: (incident: string) => `/api/v1/incidents/${id(incident)}`,
  incidentTimeline: (incident: string, limit: number) =>
    withQuery(`/api/v1/incidents/${id(incident)}/timeline`, { limit }),
  incidentAction: (incident: string, action: string) =>
    `/api/v1/incidents/${id(incident)}/${action}`,
  maintenance: () => "/api/v1/maintenance",
  maintenanceWindow: (window: string) => `/api/v1/maintenance/${id(window)}`,
  endMaintenance: (window: string) => `/api/v1/maintenance/${id(window)}/end`,
  maintenancePreview: () => "/api/v1/maintenance/preview",
  maintenanceCalendar: (start: string, end: string) =>
    withQuery("/api/v1/maintenance/calendar", { start, end }),
};

/** Who is on call, and whom an incident goes to. */
export const onCallPaths = {
  now: () => "/api/v1/on-call",
  people: () => "/api/v1/people",
  person: (person: string) => `/api/v1/people/${id(person)}`,
  teams: () => "/api/v1/teams",
  team: (team: string) => `/api/v1/teams/${id(team)}`,
  schedules: () => "/api/v1/schedules",
  schedule: (schedule: string) => `/api/v1/schedules/${id(schedule)}`,
  final: (schedule: string, start: string, end: string) =>
    withQuery(`/api/v1/schedules/${id(schedule)}/final`, { start, end }),
  calendar: (schedule: string) => `/api/v1/schedules/${id(schedule)}/calendar.ics`,
  overrides: (schedule: string) => `/api/v1/schedules/${id(schedule)}/overrides`,
  override: (schedule: string, override: string) =>
    `/api/v1/schedules/${id(schedule)}/overrides/${id(override)}`,
  policies: () => "/api/v1/escalation-policies",
  policy: (policy: string) => `/api/v1/escalation-policies/${id(policy)}`,
};

/** Where alerts go, and by what. */
export const routingPaths = {
  routes: () => "/api/v1/routes",
  explain: () => "/api/v1/routes/explain",
  receivers: () => "/api/v1/receivers",
  testReceiver: (receiver: string) => `/api/v1/receivers/${id(receiver)}/test`,
  previewReceiver: (receiver: string) => `/api/v1/receivers/${id(receiver)}/preview`,
  alerts: () => "/api/v1/pipeline/alerts",
  groups: () => "/api/v1/pipeline/groups",
  suppressions: (fingerprint: string) => `/api/v1/pipeline/alerts/${id(fingerprint)}/suppressions`,
};

/** The address of the live connection; browsers cannot send a header with it, so the token goes into the URL. */
export const socketUrl = (
  page: { protocol: string; host: string },
  token: string | null,
): string => {
  const scheme = page.protocol === "https:" ? "wss:" : "ws:";
  return withQuery(`${scheme}//${page.host}/ws`, { access_token: token ?? undefined });
};
