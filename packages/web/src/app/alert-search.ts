/** Raw search parameters as the router read them from the address. */
type Raw = Record<string, unknown>;

export const FACETS = ["state", "severity", "quiet", "service", "rule", "receiver"] as const;
export type FacetName = (typeof FACETS)[number];

/** Values of one facet that an address may name. */
const MAX_VALUES = 50;
const MAX_LENGTH = 4096;

/** What the list of alerts shows; each part is left out of the address while it is the usual one. */
export interface AlertsSearch extends Partial<Record<FacetName, string[]>> {
  /** Matchers and words of the filter box. */
  q?: string;
  /** Grouped as notifications are. */
  view?: "groups";
}

const text = (value: unknown): string | undefined => {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return typeof value === "string" && value !== "" ? value.slice(0, MAX_LENGTH) : undefined;
};

const list = (value: unknown): string[] | undefined => {
  const all = (Array.isArray(value) ? value : [value])
    .map(text)
    .filter((one) => one !== undefined)
    .slice(0, MAX_VALUES);
  return all.length === 0 ? undefined : [...new Set(all)];
};

export const parseAlertsSearch = (raw: Raw): AlertsSearch => {
  const search: AlertsSearch = {};
  const q = text(raw["q"]);
  if (q !== undefined) search.q = q;
  if (raw["view"] === "groups") search.view = "groups";
  for (const facet of FACETS) {
    const values = list(raw[facet]);
    if (values !== undefined) search[facet] = values;
  }
  return search;
};

/** Puts a value of a facet into a search, or takes it out. */
export const toggleFacet = (
  search: AlertsSearch,
  facet: FacetName,
  value: string,
): AlertsSearch => {
  const old = search[facet] ?? [];
  const next = old.includes(value) ? old.filter((one) => one !== value) : [...old, value];
  const { [facet]: _, ...rest } = search;
  return next.length === 0 ? rest : { ...rest, [facet]: next };
};

export interface SilencesSearch {
  state?: "pending" | "expired";
}

export const parseSilencesSearch = (raw: Raw): SilencesSearch => {
  const state = raw["state"];
  return state === "pending" || state === "expired" ? { state } : {};
};

export interface NewSilenceSearch {
  /** Matchers to begin with. */
  match?: string;
  /** Id of a silence that is made again. */
  from?: string;
}

export const parseNewSilenceSearch = (raw: Raw): NewSilenceSearch => {
  const match = text(raw["match"]);
  const from = text(raw["from"]);
  return { ...(match !== undefined && { match }), ...(from !== undefined && { from }) };
};

export interface MonthSearch {
  /** `2026-11`; the current one when left out. */
  month?: string;
}

export const parseMonthSearch = (raw: Raw): MonthSearch => {
  const month = text(raw["month"]);
  return month !== undefined && /^\d{4}-(?:0[1-9]|1[0-2])$/.test(month) ? { month } : {};
};

export interface RoutingSearch {
  /** Labels that the tester is asked about, as matchers. */
  labels?: string;
}

export const parseRoutingSearch = (raw: Raw): RoutingSearch => {
  const labels = text(raw["labels"]);
  return labels === undefined ? {} : { labels };
};

export interface IncidentsSearch {
  status?: "triggered" | "acknowledged" | "resolved";
}

export const parseIncidentsSearch = (raw: Raw): IncidentsSearch => {
  const status = raw["status"];
  return status === "triggered" || status === "acknowledged" || status === "resolved"
    ? { status }
    : {};
};

export interface OnCallSearch {
  view?: "policies" | "people";
  /** Id of the schedule that is shown; the first when left out. */
  schedule?: string;
  /** A day of the week or month that is shown, `2026-11-21`; today when left out. */
  from?: string;
  span?: "month";
}

export const parseOnCallSearch = (raw: Raw): OnCallSearch => {
  const { view } = raw;
  const schedule = text(raw["schedule"]);
  const from = text(raw["from"]);
  const dated =
    from !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(from) && !Number.isNaN(Date.parse(from));
  return {
    ...((view === "policies" || view === "people") && { view }),
    ...(schedule !== undefined && { schedule }),
    ...(dated && { from }),
    ...(raw["span"] === "month" && { span: "month" as const }),
  };
};

/** Days that the insights look back. */
export const INSIGHT_RANGES = { "1d": 1, "7d": 7, "30d": 30, "90d": 90 } as const;
export type InsightRange = keyof typeof INSIGHT_RANGES;
export const DEFAULT_INSIGHTS: InsightRange = "7d";

export interface InsightsSearch {
  range?: InsightRange;
}

export const parseInsightsSearch = (raw: Raw): InsightsSearch => {
  const range = text(raw["range"]);
  return range !== undefined && Object.hasOwn(INSIGHT_RANGES, range)
    ? { range: range as InsightRange }
    : {};
};

export interface RulesSearch {
  q?: string;
  show?: "firing" | "failing" | "off";
}

export const parseRulesSearch = (raw: Raw): RulesSearch => {
  const q = text(raw["q"]);
  const { show } = raw;
  return {
    ...(q !== undefined && { q }),
    ...((show === "firing" || show === "failing" || show === "off") && { show }),
  };
};
