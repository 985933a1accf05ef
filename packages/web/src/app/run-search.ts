/** Raw search parameters as the router read them from the address. */
type Raw = Record<string, unknown>;

const MAX_LENGTH = 1024;

const text = (value: unknown): string | undefined => {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return typeof value === "string" && value !== "" ? value.slice(0, MAX_LENGTH) : undefined;
};

const matching = (value: unknown, pattern: RegExp): string | undefined => {
  const read = text(value);
  return read !== undefined && pattern.test(read) ? read : undefined;
};

const oneOf = <T>(value: unknown, allowed: readonly T[]): T | undefined =>
  allowed.find((one) => one === value);

const compact = <T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };

/** The pictures of a run beside the one in time. */
export const RUN_VIEWS = ["flame", "agents", "conversation", "path", "logs", "compare"] as const;
export type RunView = (typeof RUN_VIEWS)[number];

/** What the address of one run says. */
export interface RunSearch {
  /** The span that is looked at. */
  span?: string;
  view?: RunView;
  /** Words that are looked for in the run. */
  find?: string;
  /** The run that this one is compared with. */
  with?: string;
}

export const parseRunSearch = (raw: Raw): RunSearch =>
  compact({
    span: matching(raw["span"], /^[0-9a-f]{16}$/),
    view: oneOf(raw["view"], RUN_VIEWS),
    find: text(raw["find"]),
    with: matching(raw["with"], /^[0-9a-f]{32}$/),
  });

export const RUN_HOURS = [1, 6, 24, 168] as const;
export const RUN_SORTS = ["longest", "costliest"] as const;

/** A region of the heat map: Unix seconds, and seconds that runs lasted. */
export interface Region {
  from: number;
  to: number;
  least: number;
  most: number;
}

/** What the address of the list of runs says, and of the run that is looked at beside it. */
export interface RunsSearch extends RunSearch {
  q?: string;
  errors?: true;
  /** How far back, in hours. */
  hours?: number;
  /** The newest first when left out. */
  sort?: (typeof RUN_SORTS)[number];
  /** `from,to,least,most` of a region of the heat map. */
  region?: string;
  /** Id of the run beside the list. */
  run?: string;
  /** False stops the live update. */
  live?: false;
}

export const parseRunsSearch = (raw: Raw): RunsSearch =>
  compact({
    q: text(raw["q"]),
    errors: raw["errors"] === true ? (true as const) : undefined,
    hours: RUN_HOURS.find((one) => one !== 1 && one === raw["hours"]),
    sort: oneOf(raw["sort"], RUN_SORTS),
    region: readRegion(text(raw["region"])) === undefined ? undefined : text(raw["region"]),
    run: matching(raw["run"], /^[0-9a-f]{32}$/),
    live: raw["live"] === false ? (false as const) : undefined,
    ...parseRunSearch(raw),
  });

/** A region as an address has it; undefined when it is none. */
export function readRegion(written: string | undefined): Region | undefined {
  const [from = Number.NaN, to = Number.NaN, least = Number.NaN, most = Number.NaN, ...more] = (
    written ?? ""
  )
    .split(",")
    .map((part) => (part === "" ? Number.NaN : Number(part)));
  const isOne = from < to && least < most && least >= 0 && Number.isFinite(to - from);
  return isOne && most < Number.POSITIVE_INFINITY && more.length === 0
    ? { from, to, least, most }
    : undefined;
}

export const writeRegion = ({ from, to, least, most }: Region): string =>
  [from, to, Number(least.toPrecision(6)), Number(most.toPrecision(6))].join(",");

/** The list as it was, without the run beside it. */
export function withoutRun(search: RunsSearch): RunsSearch {
  const { run: _, span: _span, view: _view, find: _find, with: _with, ...list } = search;
  return list;
}

/** Only what concerns the run. */
export const runPart = ({ span, view, find, with: other }: RunsSearch): RunSearch =>
  compact({ span, view, find, with: other });

/** What the address of the errors by cause says. */
export type RunErrorsSearch = Pick<RunsSearch, "hours">;

export const parseRunErrorsSearch = (raw: Raw): RunErrorsSearch =>
  compact({ hours: RUN_HOURS.find((one) => one !== 1 && one === raw["hours"]) });
