import { ApiError } from "../api/client.ts";
import { readToken, reportRefused } from "../api/token.ts";
import type { InstantRow, Matrix, RawData } from "./columns.ts";
import { gridOf, readInstant, readMatrix } from "./columns.ts";

/** One part of an expression as it was evaluated. */
export interface PlanNode {
  text: string;
  kind: string;
  totalMs: number;
  selfMs: number;
  series: number;
  samples: number;
  samplesRead: number;
  stepInvariant: boolean;
  children: PlanNode[];
}

/** What every answer carries besides its data. */
export interface Answer {
  warnings: string[];
  infos: string[];
  /** Seconds that the server took, and samples that it read. */
  tookSeconds: number;
  samples: number;
}

export interface RangeAnswer extends Answer {
  matrix: Matrix;
  plan: PlanNode | null;
}

export interface InstantAnswer extends Answer {
  type: string;
  rows: InstantRow[];
}

/** A point in time that leads to one traced request. */
export interface Exemplar {
  timeMs: number;
  value: number;
  /** Empty when the exemplar names none. */
  traceId: string;
  labels: Record<string, string>;
  seriesLabels: Record<string, string>;
}

interface Envelope {
  status: string;
  data: RawData & {
    stats?: { timings: { evalTotalTime: number }; samples: { totalQueryableSamples: number } };
  };
  errorType?: string;
  error?: string;
  warnings?: string[];
  infos?: string[];
  plan?: PlanNode;
}

/** A query is given up after this long; the server's own limit is usually shorter. */
const REQUEST_TIMEOUT_MS = 150_000;
/** Exemplars that are shown at most. */
const MAX_EXEMPLARS = 500;

/** `fetch` with the console's token; also what the editor's completion asks with. */
export const promFetch = async (input: RequestInfo, init: RequestInit = {}): Promise<Response> => {
  const headers = new Headers(init.headers);
  const token = readToken();
  if (token !== null) headers.set("Authorization", `Bearer ${token}`);
  const answer = await fetch(input, { ...init, headers });
  if (answer.status === 401) reportRefused();
  return answer;
};

/** @throws ApiError with the server's own words, or with status 0 when it does not answer. */
const ask = async (
  path: string,
  form: Record<string, string>,
  signal: AbortSignal,
): Promise<string> => {
  let answer: Response;
  try {
    answer = await promFetch(`/api/v1/${path}`, {
      method: "POST",
      body: new URLSearchParams(form),
      signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
    });
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new ApiError(0, "unreachable", "the server does not answer");
  }
  const text = await answer.text();
  if (answer.ok) return text;
  let failure: Partial<Envelope> = {};
  try {
    failure = JSON.parse(text) as Envelope;
  } catch {
    // A proxy's page is no JSON; the status has to do.
  }
  const message = failure.error ?? `the server answered ${answer.status}`;
  throw new ApiError(answer.status, failure.errorType ?? "http_error", message);
};

const extras = ({ data, warnings = [], infos = [] }: Envelope): Answer => ({
  warnings,
  infos,
  tookSeconds: data.stats?.timings.evalTotalTime ?? 0,
  samples: data.stats?.samples.totalQueryableSamples ?? 0,
});

/** Times of a range query in Unix milliseconds. */
export interface RangeTimes {
  startMs: number;
  endMs: number;
  stepMs: number;
}

const rangeForm = (query: string, { startMs, endMs, stepMs }: RangeTimes) => ({
  query,
  start: String(startMs / 1000),
  end: String(endMs / 1000),
  step: String(stepMs / 1000),
  stats: "all",
});

/** An expression over time; `explain` has the server say what each part of it cost, past its cache of answers. */
export const queryRange = async (
  query: string,
  times: RangeTimes,
  signal: AbortSignal,
  explain = false,
): Promise<RangeAnswer> => {
  const form = { ...rangeForm(query, times), ...(explain ? { explain: "1", nocache: "1" } : {}) };
  const envelope = JSON.parse(await ask("query_range", form, signal)) as Envelope;
  const grid = gridOf(times.startMs, times.endMs, times.stepMs);
  return {
    ...extras(envelope),
    matrix: readMatrix(envelope.data, grid),
    plan: envelope.plan ?? null,
  };
};

/** The answer to a range query as the server wrote it. */
export const queryRangeText = (
  query: string,
  times: RangeTimes,
  signal: AbortSignal,
): Promise<string> => ask("query_range", rangeForm(query, times), signal);

/** An expression at one instant, Unix milliseconds. */
export const queryInstant = async (
  query: string,
  timeMs: number,
  signal: AbortSignal,
): Promise<InstantAnswer> => {
  const form = { query, time: String(timeMs / 1000), stats: "all" };
  const envelope = JSON.parse(await ask("query", form, signal)) as Envelope;
  return {
    ...extras(envelope),
    type: envelope.data.resultType,
    rows: readInstant(envelope.data),
  };
};

interface RawExemplars {
  seriesLabels: Record<string, string>;
  exemplars: { labels: Record<string, string>; value: string; timestamp: number }[];
}

/** Exemplars of the series that an expression reads, newest first. */
export const queryExemplars = async (
  query: string,
  { startMs, endMs }: RangeTimes,
  signal: AbortSignal,
): Promise<Exemplar[]> => {
  const form = { query, start: String(startMs / 1000), end: String(endMs / 1000) };
  const { data } = JSON.parse(await ask("query_exemplars", form, signal)) as {
    data: RawExemplars[];
  };
  return data
    .flatMap(({ seriesLabels, exemplars }) =>
      exemplars.map(({ labels, value, timestamp }) => ({
        timeMs: timestamp * 1000,
        value: Number(value),
        traceId: labels["trace_id"] ?? labels["traceID"] ?? labels["traceId"] ?? "",
        labels,
        seriesLabels,
      })),
    )
    .toSorted((a, b) => b.timeMs - a.timeMs)
    .slice(0, MAX_EXEMPLARS);
};

/** Label sets of at most `limit` series of a metric. */
export const seriesOf = async (
  metric: string,
  limit: number,
  signal: AbortSignal,
): Promise<Record<string, string>[]> => {
  const form = { "match[]": `{__name__=${JSON.stringify(metric)}}`, limit: String(limit) };
  const { data } = JSON.parse(await ask("series", form, signal)) as {
    data: Record<string, string>[];
  };
  return data;
};

export interface NamedCount {
  name: string;
  value: number;
}

/** Where the series of the live head come from. */
export interface TsdbStatus {
  headStats: { numSeries: number; numLabelPairs: number };
  seriesCountByMetricName: NamedCount[];
  labelValueCountByLabelName: NamedCount[];
  memoryInBytesByLabelName: NamedCount[];
  seriesCountByLabelValuePair: NamedCount[];
}

/** @throws ApiError as every other question. */
export const tsdbStatus = async (limit: number, signal: AbortSignal): Promise<TsdbStatus> => {
  const answer = await promFetch(`/api/v1/status/tsdb?limit=${limit}`, { signal });
  const body = (await answer.json()) as { data: TsdbStatus; error?: string; errorType?: string };
  if (answer.ok) return body.data;
  throw new ApiError(answer.status, body.errorType ?? "http_error", body.error ?? "no answer");
};
