import type { ServiceStatus } from "@fleetlight/contract";

/** Raw search parameters as the router read them from the address. */
type Raw = Record<string, unknown>;

const text = (value: unknown): string | undefined => {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return typeof value === "string" && value !== "" ? value.slice(0, 4096) : undefined;
};

const oneOf = <T extends string>(value: unknown, allowed: readonly T[]): T | undefined =>
  allowed.find((one) => one === value);

/** Leaves out what is undefined, so that an address carries only what differs from the default. */
const compact = <T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };

const STATUSES = ["unhealthy", "degraded", "unknown", "healthy"] as const satisfies ServiceStatus[];
const SORTS = ["state", "name", "latency", "change"] as const;

/** Order of the services' table. */
export type ServiceSort = (typeof SORTS)[number];

export interface ServicesSearch {
  q?: string;
  state?: ServiceStatus;
  type?: string;
  sort?: ServiceSort;
  /** The registration form is open. */
  register?: true;
}

export const parseServicesSearch = (raw: Raw): ServicesSearch =>
  compact({
    q: text(raw["q"]),
    state: oneOf(raw["state"], STATUSES),
    type: text(raw["type"]),
    sort: oneOf(raw["sort"], SORTS),
    register: raw["register"] === true ? (true as const) : undefined,
  });

/** Time ranges on offer, as written in the address. */
export const RANGES = ["5m", "15m", "1h", "6h", "24h"] as const;
export type RangeName = (typeof RANGES)[number];
export const DEFAULT_RANGE: RangeName = "15m";

const RANGE_MS: Record<RangeName, number> = {
  "5m": 300_000,
  "15m": 900_000,
  "1h": 3_600_000,
  "6h": 21_600_000,
  "24h": 86_400_000,
};

export const rangeMs = (name: RangeName): number => RANGE_MS[name];

/** Part of an address that says which stretch of time is looked at; `from` and `to` are Unix ms and win over `range`. */
export interface TimeSearch {
  range?: RangeName;
  from?: number;
  to?: number;
  /** False stops the live update. */
  live?: false;
}

const milliseconds = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;

export const parseTimeSearch = (raw: Raw): TimeSearch => {
  const from = milliseconds(raw["from"]);
  const to = milliseconds(raw["to"]);
  const fixed = from !== undefined && to !== undefined && from < to;
  return compact({
    range: oneOf(raw["range"], RANGES),
    from: fixed ? from : undefined,
    to: fixed ? to : undefined,
    live: raw["live"] === false ? (false as const) : undefined,
  });
};

/** What a new rule starts with, when it is made from a metric. */
export interface RuleSearch {
  metric?: string;
}

export const parseRuleSearch = (raw: Raw): RuleSearch => compact({ metric: text(raw["metric"]) });
