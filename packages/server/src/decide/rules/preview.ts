import { setImmediate as nextTurn } from "node:timers/promises";

import type { AlertRuleInput, RulePreview } from "@fleetlight/contract";
import { EvaluationError, type MatrixSeries, type QueryResult } from "@fleetlight/promql";

import type { Config } from "#config";
import { badRequest, isoTime, NAME_LABEL } from "#lib";
import type { PromQLQueries } from "#query";

import { AlertingRule, ruleError, type AlertChange, type Candidate } from "../alerting/index.ts";
import { planOf } from "../live/index.ts";
import { isActiveAt } from "./active-time.ts";
import { compileRule, sourceOfInput, type CompiledRule } from "./compile.ts";

/** Steps of one preview. */
const MAX_STEPS = 11_000;
const DEFAULT_STEPS = 500;
/** Series of the expression that are looked at; with more, the preview says so. */
const MAX_SERIES = 2000;
/** Series of which the course is told, those that fire before all others, and alerts that are told one by one. */
const MAX_DRAWN = 50;
const MAX_ALERTS = 500;
/** Points of one drawn series. */
const MAX_POINTS = 1000;
/** Steps that are replayed before others get their turn. */
const ELEMENTS_PER_TURN = 20_000;

interface PreviewOptions {
  queries: Pick<PromQLQueries, "range">;
  config: Config;
  now: () => number;
}

export interface PreviewRequest {
  rule: AlertRuleInput;
  startMs: number;
  endMs: number;
  stepMs: number | undefined;
}

type Interval = RulePreview["alerts"][number]["intervals"][number];

interface Told {
  labels: Record<string, string>;
  intervals: Interval[];
  firings: number;
}

const seriesOf = ({ data }: QueryResult): readonly MatrixSeries[] =>
  data.kind === "matrix" ? data.series : [];

/**
 * What a rule would have done in the past, from what is stored: its expression at every step, through the same states as in
 * force. Nothing is kept, nobody is told.
 * @throws FleetlightError `bad_request` for a wrong rule or range, and whatever the evaluation throws.
 */
export async function previewRule(
  tenant: string,
  request: PreviewRequest,
  { queries, config, now }: PreviewOptions,
): Promise<RulePreview> {
  const times = { createdAtMs: now(), updatedAtMs: now() };
  const compiled = compileRule(sourceOfInput(request.rule, times), config);
  const { startMs, endMs, stepMs } = stepsOf(request);
  const { query, condition, threshold } = compiled.definition;
  const result = await answer(queries.range(tenant, query, startMs, endMs, stepMs));
  const matching = seriesOf(result);
  const replayed = await replay(compiled, matching.slice(0, MAX_SERIES), {
    startMs,
    endMs,
    stepMs,
  });
  const measured = await measure(tenant, compiled, queries, { startMs, endMs, stepMs });
  const firing = new Set(matching.map(({ labels }) => labels.key));
  const drawn = (measured ?? matching)
    .toSorted((a, b) => Number(firing.has(b.labels.key)) - Number(firing.has(a.labels.key)))
    .slice(0, MAX_DRAWN);
  return {
    query,
    condition,
    threshold,
    start: isoTime(startMs),
    end: isoTime(endMs),
    step_seconds: stepMs / 1000,
    firings: replayed.reduce((sum, { firings }) => sum + firings, 0),
    alerts: replayed.slice(0, MAX_ALERTS).map(({ labels, intervals, firings }) => ({
      labels,
      intervals,
      firings,
    })),
    series: drawn.map(drawnSeries),
    matched: (measured ?? matching).length,
    truncated:
      matching.length > MAX_SERIES ||
      replayed.length > MAX_ALERTS ||
      (measured ?? matching).length > MAX_DRAWN,
    warnings: result.warnings,
  };
}

function stepsOf({ startMs, endMs, stepMs }: PreviewRequest) {
  if (!(startMs < endMs)) throw badRequest("start must be before end");
  const step = stepMs ?? Math.max(1000, Math.ceil((endMs - startMs) / DEFAULT_STEPS / 1000) * 1000);
  const count = (endMs - startMs) / step;
  if (count <= MAX_STEPS) return { startMs, endMs, stepMs: step };
  const message = `a preview has at most ${MAX_STEPS} steps: choose a longer step or a shorter time`;
  throw badRequest(message, [{ path: "step", message }]);
}

interface Steps {
  startMs: number;
  endMs: number;
  stepMs: number;
}

/** The expression that is compared, so that the course can be drawn with the threshold; undefined when there is none. */
async function measure(
  tenant: string,
  { expr }: CompiledRule,
  queries: PreviewOptions["queries"],
  { startMs, endMs, stepMs }: Steps,
): Promise<readonly MatrixSeries[] | undefined> {
  const compared = expr && planOf(expr).compared;
  if (compared === undefined) return undefined;
  return seriesOf(await answer(queries.range(tenant, compared, startMs, endMs, stepMs)));
}

/** An expression that cannot be evaluated is the rule's fault, not the server's. */
const answer = (query: Promise<QueryResult>): Promise<QueryResult> =>
  query.catch((error: unknown) => {
    throw error instanceof EvaluationError ? ruleError(error.message) : error;
  });

/** Goes through the states of the rule's alerts, step by step. */
async function replay(
  { definition }: CompiledRule,
  series: readonly MatrixSeries[],
  { startMs, endMs, stepMs }: Steps,
): Promise<Told[]> {
  const { forMs, keepFiringForMs, activeTime } = definition;
  const rule = new AlertingRule({ forMs, keepFiringForMs, limit: 0, flapping: null });
  const candidates = series.map(({ labels }): Candidate => {
    const own = labels.without(NAME_LABEL);
    return { labels: own, source: labels, annotations: {}, value: Number.NaN };
  });
  const cursors = new Uint32Array(series.length);
  const told = new Map<string, Told>();
  let elements = 0;
  for (let atMs = startMs; atMs <= endMs; atMs += stepMs) {
    const present: Candidate[] = [];
    const isOn = activeTime === null || isActiveAt(activeTime, atMs);
    for (const [at, one] of series.entries()) {
      const cursor = cursors[at] ?? 0;
      if (one.times[cursor] !== atMs) continue;
      cursors[at] = cursor + 1;
      const candidate = candidates[at];
      if (isOn && candidate) present.push(candidate);
    }
    const changes = isOn ? rule.evaluate(distinct(present), atMs) : rule.end(atMs);
    for (const change of changes) note(told, change, atMs);
    elements += series.length + 1;
    if (elements < ELEMENTS_PER_TURN) continue;
    elements = 0;
    await nextTurn();
  }
  return [...told.values()];
}

/** Of series that differ in their name alone the first one. */
function distinct(candidates: readonly Candidate[]): Candidate[] {
  return [...new Map(candidates.map((one) => [one.labels.key, one])).values()];
}

function note(told: Map<string, Told>, { kind, alert }: AlertChange, atMs: number): void {
  if (kind === "told" || kind === "held") return;
  const { key } = alert.labels;
  const known = told.get(key) ?? { labels: alert.labels.toObject(), intervals: [], firings: 0 };
  told.set(key, known);
  const open = known.intervals.at(-1);
  if (open !== undefined && open.end === null) open.end = isoTime(atMs);
  if (kind === "resolved") return;
  const state = alert.state === "pending" ? "pending" : "firing";
  known.intervals.push({ state, start: isoTime(atMs), end: null });
  if (state === "firing") known.firings++;
}

function drawnSeries({ labels, times, values }: MatrixSeries): RulePreview["series"][number] {
  const every = Math.max(1, Math.ceil(times.length / MAX_POINTS));
  const kept: number[] = [];
  for (let at = 0; at < times.length; at += every) kept.push(at);
  return {
    labels: labels.toObject(),
    times: kept.map((at) => (times[at] ?? 0) / 1000),
    values: kept.map((at) => {
      const value = values[at] ?? Number.NaN;
      return Number.isFinite(value) ? value : null;
    }),
  };
}
