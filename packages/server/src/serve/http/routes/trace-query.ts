import { z } from "zod";

import { badRequest, makeMatcher, type Matcher, type MatchOperator } from "#lib";
import type { TraceSearch } from "#query";
import type { TraceQuery } from "#store";

import { timeParameter } from "../time-parameter.ts";

const HOUR_MS = 3_600_000;
const MAX_ATTRIBUTES = 16;
const MAX_WORDS = 10;
const STATUSES = ["unset", "ok", "error"] as const;

/** What clocks show: 1970 to 2200. Whoever asks for more gets that. */
const LATEST_MS = 7_258_118_400_000;

export const Time = timeParameter((ms) =>
  Number.isFinite(ms) ? Math.min(LATEST_MS, Math.max(0, ms)) : undefined,
);
const text = () => z.string().min(1).max(512).optional();
const amount = () => z.coerce.number().min(0).max(1e12).optional();

/** Ids of 64 bits, which some systems still have, are short for those with zeros in front. */
export const traceIdOf = (id: string): string => id.toLowerCase().padStart(32, "0");

export const TraceId = z
  .string()
  .regex(/^[0-9a-fA-F]{1,32}$/, "an id is up to 32 hexadecimal digits");

/** What spans and traces are looked for by; docs/traces.md explains each. */
export const SpanSearch = z.object({
  start: Time.optional(),
  end: Time.optional(),
  service: text(),
  name: text(),
  operation: text(),
  agent: text(),
  tool: text(),
  model: text(),
  conversation: text(),
  workflow: text(),
  user: text(),
  status: z.enum(STATUSES).optional(),
  errors: z.enum(["true", "false"]).optional(),
  min_duration_seconds: amount(),
  max_duration_seconds: amount(),
  /** `key=value`, or with `!=`, `=~`, `!~`; all must match. */
  attribute: z.union([z.string(), z.array(z.string()).max(MAX_ATTRIBUTES)]).optional(),
  /** Of the whole run. */
  min_run_seconds: amount(),
  max_run_seconds: amount(),
  min_cost_usd: amount(),
  min_tokens: amount(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});

export const Search = SpanSearch.extend({
  max_cost_usd: amount(),
  state: z.enum(["running", "stale", "done", "failed"]).optional(),
  text: z.string().max(512).optional(),
  sort: z.enum(["newest", "longest", "costliest"]).default("newest"),
});

function matchersOf(given: string | string[] | undefined): Matcher[] | undefined {
  if (given === undefined) return undefined;
  return [given].flat().map((one) => {
    const [, name = "", operator, value = ""] = /^([^=!]+)(=~|!~|!=|=)(.*)$/s.exec(one) ?? [];
    if (operator !== undefined) return makeMatcher(name, operator as MatchOperator, value);
    const message = `expected key=value, key!=value, key=~regex or key!~regex, got ${JSON.stringify(one.slice(0, 100))}`;
    throw badRequest(message, [{ path: "attribute", message }]);
  });
}

const nanoseconds = (value: number | undefined): number | undefined =>
  value === undefined ? undefined : Math.round(value * 1e9);

/** Undefined when nothing is asked of the whole. */
function wholeOf(
  search: z.output<typeof SpanSearch>,
  order: "longest" | "costliest" | undefined,
): TraceQuery["trace"] {
  const whole = {
    minDurationNs: nanoseconds(search.min_run_seconds),
    maxDurationNs: nanoseconds(search.max_run_seconds),
    minCostUsd: search.min_cost_usd,
    minTokens: search.min_tokens,
    order,
  };
  return Object.values(whole).some((value) => value !== undefined) ? whole : undefined;
}

/** @throws FleetlightError `bad_request` for an attribute that is none. */
export function queryOf(
  search: z.output<typeof SpanSearch>,
  nowMs: number,
  order?: "longest" | "costliest",
): TraceQuery {
  const endMs = search.end ?? nowMs + HOUR_MS;
  const { service, name, operation, agent, tool, model, conversation, workflow, user } = search;
  return {
    service,
    name,
    operation,
    agent,
    tool,
    model,
    conversation,
    workflow,
    user,
    limit: search.limit,
    startMs: search.start ?? Math.min(endMs, nowMs) - HOUR_MS,
    endMs,
    errorsOnly: search.errors === "true",
    status: search.status === undefined ? undefined : STATUSES.indexOf(search.status),
    minDurationNs: nanoseconds(search.min_duration_seconds),
    maxDurationNs: nanoseconds(search.max_duration_seconds),
    matchers: matchersOf(search.attribute),
    trace: wholeOf(search, order),
  };
}

/** Words, and phrases between quotes. Texts are kept as JSON, often JSON in JSON: what is escaped there parts phrases. */
function wordsOf(given: string | undefined): string[] | undefined {
  const words = [...(given ?? "").matchAll(/"([^"]+)"|[^\s"]+/g)]
    .flatMap(([word, phrase]) => (phrase ?? word).split(/["\\\n\r\t]+/))
    .map((word) => word.trim())
    .filter((word) => word !== "");
  if (words.length > MAX_WORDS) throw badRequest(`text: at most ${MAX_WORDS} words or phrases`);
  return words.length === 0 ? undefined : words;
}

/** @throws FleetlightError `bad_request` for an attribute that is none, or too many words. */
export function searchOf(search: z.output<typeof Search>, nowMs: number): TraceSearch {
  const { sort } = search;
  return {
    query: queryOf(search, nowMs, sort === "newest" ? undefined : sort),
    words: wordsOf(search.text),
    minCostUsd: search.min_cost_usd,
    maxCostUsd: search.max_cost_usd,
    minTokens: search.min_tokens,
    state: search.state,
  };
}
