import type {
  Alert,
  AlertHistory,
  AlertsAnswer,
  EventList,
  FleetEvent,
  Overview,
  SeriesRange,
  Service,
  ServiceList,
  ServerMessage,
} from "@fleetlight/contract";

/** Resolved alerts that `GET /api/v1/alerts` carries beside the active ones; the live copy keeps as many. */
const RECENT_RESOLVED = 10;
/** Events that a live list keeps. */
export const EVENT_LIMIT = 200;
/** Points of each live figure of the overview: 15 minutes at one message every 5 s. */
export const HISTORY_LIMIT = 180;

/** Puts a service into the list in place, so that no row moves; a new one goes to its place by id. */
export const mergeService = (list: ServiceList, service: Service): ServiceList => {
  const known = list.services.some((other) => other.id === service.id);
  const services = known
    ? list.services.map((other) => (other.id === service.id ? service : other))
    : [...list.services, service].toSorted((a, b) => a.id.localeCompare(b.id));
  return { services, count: services.length };
};

export const dropService = (list: ServiceList, id: string): ServiceList => {
  const services = list.services.filter((service) => service.id !== id);
  return { services, count: services.length };
};

/**
 * Moves alerts between active and resolved, all that arrived together in one pass, since a burst may bring thousands;
 * older news about one already known is ignored.
 */
export const mergeAlerts = (answer: AlertsAnswer, alerts: readonly Alert[]): AlertsAnswer => {
  const known = new Map(
    [...answer.history, ...answer.active_alerts].map((alert) => [alert.id, alert]),
  );
  const active = new Set(answer.active_alerts.map(({ id }) => id));
  const news = new Map<string, Alert>();
  for (const alert of alerts) {
    const old = news.get(alert.id) ?? known.get(alert.id);
    if (old === undefined || old.updated_at <= alert.updated_at) news.set(alert.id, alert);
  }
  if (news.size === 0) return answer;
  const begun = [...news.values()].filter(
    ({ id, state }) => state !== "resolved" && !active.has(id),
  );
  const ended = [...news.values()].filter(({ state }) => state === "resolved");
  const rest = answer.active_alerts
    .map((alert) => news.get(alert.id) ?? alert)
    .filter(({ state }) => state !== "resolved");
  const current = [...begun.toReversed(), ...rest];
  const before = answer.history.filter(({ id }) => !news.has(id));
  return {
    ...answer,
    active_alerts: current,
    history: [...ended.toReversed(), ...before].slice(0, RECENT_RESOLVED),
    count: current.length,
  };
};

/** Puts an alert into the history: in place when known, else first. */
export const mergeHistory = (list: AlertHistory, alert: Alert): AlertHistory => {
  const known = list.alerts.some((other) => other.id === alert.id);
  const alerts = known
    ? list.alerts.map((other) => (other.id === alert.id ? alert : other))
    : [alert, ...list.alerts];
  return { alerts, count: alerts.length };
};

/** Adds an event to a list that runs newest first; one that is already there changes nothing. */
export const addEvent = (list: EventList, event: FleetEvent): EventList => {
  if (list.events.some((other) => other.id === event.id)) return list;
  const events = [event, ...list.events].slice(0, EVENT_LIMIT);
  return { events, count: events.length };
};

/** Adds a reading to the figures that the overview draws, oldest first. */
export const addReading = (history: Overview[], reading: Overview): Overview[] => {
  if (history.at(-1)?.timestamp === reading.timestamp) return history;
  return [...history, reading].slice(-HISTORY_LIMIT);
};

/** Response times of one service's checks as two columns, oldest first; null where a check failed. */
export interface Latency {
  timestamps: number[];
  values: (number | null)[];
}

/** Checks that a latency sparkline shows. */
export const LATENCY_POINTS = 60;

/** Adds the latest check of a service to its sparkline. */
export const addCheck = (latency: Latency | undefined, service: Service): Latency | undefined => {
  const check = service.last_check;
  if (check === null) return latency;
  const at = Date.parse(check.at);
  const last = latency?.timestamps.at(-1);
  if (latency !== undefined && last !== undefined && at <= last) return latency;
  const value = check.healthy ? check.response_time : null;
  return {
    timestamps: [...(latency?.timestamps ?? []), at].slice(-LATENCY_POINTS),
    values: [...(latency?.values ?? []), value].slice(-LATENCY_POINTS),
  };
};

type Samples = Extract<ServerMessage, { type: "samples" }>["series"];

/**
 * Appends live samples to a range in place of asking again, and lets go of what is older than `from` (Unix ms).
 * Answers the same object when none of the samples belongs to it, so that nothing is drawn for nothing.
 */
export const appendSamples = (range: SeriesRange, fresh: Samples, from: number): SeriesRange => {
  const byId = new Map(fresh.map((series) => [series.id, series]));
  let changed = false;
  const series = range.series.map((old) => {
    const more = byId.get(old.id);
    if (more === undefined) return old;
    const last = old.timestamps.at(-1) ?? -Infinity;
    const begin = more.timestamps.findIndex((at) => at > last);
    if (begin === -1) return old;
    changed = true;
    const young = old.timestamps.findIndex((at) => at >= from);
    const keep = young === -1 ? old.timestamps.length : young;
    return {
      ...old,
      timestamps: [...old.timestamps.slice(keep), ...more.timestamps.slice(begin)],
      values: [...old.values.slice(keep), ...more.values.slice(begin)],
    };
  });
  return changed ? { ...range, series } : range;
};
