import { formatSelector, parseMatchers } from "../format/selector.ts";

/** Raw search parameters as the router read them from the address. */
type Raw = Record<string, unknown>;

/** Expressions on one page. */
export const MAX_QUERIES = 10;
/** Characters of one expression that an address may carry. */
const MAX_EXPRESSION = 8192;
const MAX_TEXT = 256;

/** How far back the metrics page looks, as written in the address. */
export const EXPLORE_RANGES = {
  "5m": 300_000,
  "15m": 900_000,
  "30m": 1_800_000,
  "1h": 3_600_000,
  "3h": 10_800_000,
  "6h": 21_600_000,
  "12h": 43_200_000,
  "24h": 86_400_000,
  "2d": 172_800_000,
  "7d": 604_800_000,
  "14d": 1_209_600_000,
  "30d": 2_592_000_000,
  "90d": 7_776_000_000,
} as const;
export type ExploreRange = keyof typeof EXPLORE_RANGES;
export const DEFAULT_EXPLORE_RANGE: ExploreRange = "15m";

/** One expression: its text, and what differs from the default. Keys are short because addresses are shared. */
export interface QuerySearch {
  /** Expression. */
  x: string;
  /** Name, when it is not its letter. */
  n?: string;
  /** Format of the legend, e.g. `{{job}}`. */
  f?: string;
  /** Hidden. */
  h?: 1;
}

export const VIEWS = ["table", "explain", "json"] as const;
export const KINDS = ["stacked", "points"] as const;

/** State of the metrics page; what is left out has its default. */
export interface ExploreSearch {
  /** Expressions; one without any option is its bare text. */
  e?: string | (string | QuerySearch)[];
  range?: ExploreRange;
  /** Unix milliseconds; both win over `range`. */
  from?: number;
  to?: number;
  /** False stops the live update. */
  live?: false;
  /** What is shown instead of the graph. */
  v?: (typeof VIEWS)[number];
  /** What is drawn instead of lines. */
  k?: (typeof KINDS)[number];
  /** Logarithmic value axis. */
  log?: true;
  /** Exemplars are shown. */
  ex?: true;
  /** A line at this value. */
  th?: number;
  /** Resolution: coarse, fine, or seconds between two points. */
  step?: "low" | "high" | number;
  /** Fingerprints of the series that are drawn, with dots between; all when left out. */
  o?: string;
  /** Filter of the metric browser. */
  q?: string;
  /** Metric whose labels are open in the browser. */
  b?: string;
  /** Parts of addresses from before there were expressions; read, never written. */
  metric?: string;
  where?: string;
  series?: string;
  view?: "raw";
}

const text = (value: unknown, most = MAX_TEXT): string | undefined => {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return typeof value === "string" && value !== "" ? value.slice(0, most) : undefined;
};

const oneOf = <T extends string>(value: unknown, allowed: readonly T[]): T | undefined =>
  allowed.find((one) => one === value);

const flag = (value: unknown): true | undefined => (value === true ? true : undefined);

const compact = <T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };

const queryOf = (raw: unknown): string | QuerySearch => {
  if (typeof raw !== "object" || raw === null) return text(raw, MAX_EXPRESSION) ?? "";
  const { x, n, f, h } = raw as Record<string, unknown>;
  const options = compact({ n: text(n), f: text(f), h: h === 1 ? (1 as const) : undefined });
  const expression = text(x, MAX_EXPRESSION) ?? "";
  return Object.keys(options).length === 0 ? expression : { x: expression, ...options };
};

/** Writes expressions as short as they can be said; undefined when there is nothing to say. */
export const packQueries = (queries: readonly (string | QuerySearch)[]): ExploreSearch["e"] => {
  const packed = queries.slice(0, MAX_QUERIES).map(queryOf);
  const [first] = packed;
  if (packed.length === 0 || (packed.length === 1 && first === "")) return undefined;
  return packed.length === 1 && typeof first === "string" ? first : packed;
};

/** Whether a name says that samples only ever grow. */
export const namesCounter = (name: string): boolean => /_(total|count|sum|bucket)$/.test(name);

/** The expression of a bookmark that named a metric and its labels. */
const fromBookmark = (raw: Raw): string | undefined => {
  const name = text(raw["metric"]);
  if (name === undefined) return undefined;
  const matchers = parseMatchers(text(raw["where"], MAX_EXPRESSION) ?? "") ?? [];
  const selector = formatSelector({ name, matchers });
  return namesCounter(name) && raw["view"] !== "raw" ? `rate(${selector}[5m])` : selector;
};

const milliseconds = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;

const stepOf = (value: unknown): ExploreSearch["step"] =>
  typeof value === "number" && value >= 1 && value <= 86_400 && Number.isInteger(value)
    ? value
    : oneOf(value, ["low", "high"] as const);

/** Reads the address of the metrics page, whatever somebody wrote into it. */
export const parseExploreSearch = (raw: Raw): ExploreSearch => {
  const from = milliseconds(raw["from"]);
  const to = milliseconds(raw["to"]);
  const fixed = from !== undefined && to !== undefined && from < to;
  const given = raw["e"] === undefined ? fromBookmark(raw) : raw["e"];
  const threshold = raw["th"];
  return compact({
    e: given === undefined ? undefined : packQueries([given].flat().map(queryOf)),
    range: oneOf(raw["range"], Object.keys(EXPLORE_RANGES) as ExploreRange[]),
    from: fixed ? from : undefined,
    to: fixed ? to : undefined,
    live: raw["live"] === false ? (false as const) : undefined,
    v: oneOf(raw["v"], VIEWS),
    k: oneOf(raw["k"], KINDS),
    log: flag(raw["log"]),
    ex: flag(raw["ex"]),
    th: typeof threshold === "number" && Number.isFinite(threshold) ? threshold : undefined,
    step: stepOf(raw["step"]),
    o: text(raw["o"], 4096),
    q: text(raw["q"]),
    b: text(raw["b"]),
  });
};

const TOPS = [10, 25, 50, 100] as const;

/** State of the cardinality page. */
export interface CardinalitySearch {
  /** Rows per list. */
  top?: (typeof TOPS)[number];
}

export const CARDINALITY_TOPS: readonly number[] = TOPS;

export const parseCardinalitySearch = (raw: Raw): CardinalitySearch =>
  compact({ top: TOPS.find((top) => top === raw["top"]) });
