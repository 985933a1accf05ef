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

/** The address of the live connection; browsers cannot send a header with it, so the token goes into the URL. */
export const socketUrl = (
  page: { protocol: string; host: string },
  token: string | null,
): string => {
  const scheme = page.protocol === "https:" ? "wss:" : "ws:";
  return withQuery(`${scheme}//${page.host}/ws`, { access_token: token ?? undefined });
};
