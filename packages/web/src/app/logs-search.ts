/** Raw search parameters as the router read them from the address. */
type Raw = Record<string, unknown>;

const MAX_LENGTH = 1024;

export const LOG_LEVELS = ["debug", "info", "warn", "error", "fatal"] as const;
export type LeastLevel = (typeof LOG_LEVELS)[number];

export const LOG_HOURS = [1, 6, 24, 168] as const;

/** What the address of the log lines says. */
export interface LogsSearch {
  q?: string;
  /** Lines of this level and those above. */
  level?: LeastLevel;
  /** How far back, in hours; 1 when left out. */
  hours?: number;
  /** A range that was brushed, Unix seconds; stands instead of `hours`. */
  from?: number;
  to?: number;
  view?: "patterns";
  /** Id of the line that is looked at beside the list. */
  line?: string;
  /** Lines are shown as they come. */
  tail?: true;
}

const text = (value: unknown): string | undefined => {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return typeof value === "string" && value !== "" ? value.slice(0, MAX_LENGTH) : undefined;
};

const seconds = (value: unknown): number | undefined =>
  typeof value === "number" && value > 0 && value < 1e10 ? value : undefined;

/** An id has digits, a dot, and digits: the router would read it as a number, and round it. */
const lineId = (value: unknown): string | undefined => {
  const found = /^l?(\d{1,19}\.\d{1,16})$/.exec(text(value) ?? "");
  return found?.[1] === undefined ? undefined : `l${found[1]}`;
};

export function parseLogsSearch(raw: Raw): LogsSearch {
  const [from, to] = [seconds(raw["from"]), seconds(raw["to"])];
  const isRange = from !== undefined && to !== undefined && from < to;
  const all = {
    q: text(raw["q"]),
    level: LOG_LEVELS.find((one) => one === raw["level"]),
    hours: LOG_HOURS.find((one) => one !== 1 && one === raw["hours"]),
    from: isRange ? from : undefined,
    to: isRange ? to : undefined,
    view: raw["view"] === "patterns" ? ("patterns" as const) : undefined,
    line: lineId(raw["line"]),
    tail: raw["tail"] === true ? (true as const) : undefined,
  };
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== undefined),
  ) as LogsSearch;
}

/** A line's id as the address has it, and back. */
export const writeLine = (id: string): string => `l${id}`;
export const readLine = (written: string): string => written.replace(/^l/, "");

/** The search without some of its parts. */
export function withoutParts(search: LogsSearch, ...parts: (keyof LogsSearch)[]): LogsSearch {
  return Object.fromEntries(
    Object.entries(search).filter(([name]) => !parts.includes(name as keyof LogsSearch)),
  ) as LogsSearch;
}
