import { agentName, serviceOf } from "./fleet-series.ts";

/** What is asked of a fleet. */
export interface Question {
  name: string;
  path: string;
  parameters: Readonly<Record<string, string>>;
  /** Whether the answer, or what is read for it, grows with the fleet. */
  grows: boolean;
}

const HOUR_S = 3600;
const TIMEOUT_MS = 120_000;

const QUANTILE =
  "histogram_quantile(0.95, sum by (le, job) (rate(fleet_request_seconds_bucket[5m])))";
const RATE = "sum by (job) (rate(fleet_requests_total[5m]))";

/** The set at a time, in seconds; ranges are the hour before it. Answers are not taken from the cache. */
export function questions(endS: number): Question[] {
  const service = serviceOf(0);
  const instant = (name: string, query: string, grows: boolean): Question => ({
    name,
    path: "/api/v1/query",
    parameters: { query, time: String(endS), nocache: "1" },
    grows,
  });
  const window = { start: String(endS - HOUR_S), end: String(endS) };
  const range = (name: string, query: string): Question => ({
    name,
    path: "/api/v1/query_range",
    parameters: { query, ...window, step: "60", nocache: "1" },
    grows: true,
  });
  const counted = `{__name__=~"fleet_.+_total",agent=~"${agentName(0).slice(0, -3)}[0-4].*"}`;
  const meta = (name: string, path: string, match: string, grows: boolean): Question => ({
    name,
    path,
    parameters: { ...window, ...(match === "" ? {} : { "match[]": match }) },
    grows,
  });
  return [
    instant("one service, instant", `fleet_queue_depth{service="${service}"}`, false),
    range("rate by job, 1 h", RATE),
    range("quantile by job, 1 h", QUANTILE),
    instant(
      "topk agents, instant",
      "topk(10, sum by (agent) (rate(fleet_tokens_total[5m])))",
      true,
    ),
    instant("regex count, instant", `count by (job) (${counted})`, true),
    meta("values of agent", "/api/v1/label/agent/values", "", true),
    meta(
      "values of agent, 1 service",
      "/api/v1/label/agent/values",
      `{service="${service}"}`,
      false,
    ),
    meta("series of 1 service", "/api/v1/series", `fleet_queue_depth{service="${service}"}`, false),
  ];
}

/** The rate of all requests over the whole span in 300 steps. */
export const wholeSpan = (startS: number, endS: number): Question => ({
  name: "rate by job, whole span",
  path: "/api/v1/query_range",
  parameters: {
    query: RATE,
    start: String(startS),
    end: String(endS),
    step: String(Math.max(60, Math.ceil((endS - startS) / 300))),
    nocache: "1",
  },
  grows: true,
});

interface Answer {
  status: string;
  error?: string;
  data?: { result?: unknown[] } | unknown[];
}

/** Milliseconds until the whole answer was there. Fails when it is an error, or empty: then nothing was measured. */
export async function ask(url: string, { name, path, parameters }: Question): Promise<number> {
  const start = performance.now();
  const response = await fetch(`${url}${path}?${new URLSearchParams(parameters)}`, {
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const text = await response.text();
  const took = performance.now() - start;
  const { status, error, data } = JSON.parse(text) as Answer;
  if (status !== "success") throw new Error(`${name}: ${error ?? response.status}`);
  const items = Array.isArray(data) ? data : (data?.result ?? []);
  if (items.length === 0) throw new Error(`${name}: the answer is empty`);
  return took;
}

/** The value of an own metric that has no labels. */
export async function ownMetric(url: string, name: string): Promise<number> {
  const page = await (
    await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(TIMEOUT_MS) })
  ).text();
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(page)?.[1]);
}
