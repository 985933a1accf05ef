import {
  createHistogram,
  CUSTOM_BUCKETS_SCHEMA,
  type BucketSpan,
  type CounterResetHint,
  type FloatHistogram,
} from "@fleetlight/promql";

import { badRequest } from "#lib";

const NUMBERS = ["schema", "sum", "count", "z_bucket", "z_bucket_w", "offset", "n_offset"] as const;
const LISTS = ["buckets", "n_buckets", "custom_values"] as const;
const HINTS = ["unknown", "reset", "not_reset", "gauge"];
const FIELD = /\s*([a-z_]+)\s*:\s*(?:\[([^\]]*)\]|([^\s[\]]+))\s*/y;
const MAX_BUCKETS = 10_000;

function numberOf(text: string, field: string): number {
  if (/^[+-]?inf$/i.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return Number.NaN;
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text))
    throw badRequest(`${field} of a histogram is a number, not ${JSON.stringify(text)}`);
  return Number(text);
}

const spans = (offset: number, buckets: readonly number[]): BucketSpan[] =>
  buckets.length === 0 ? [] : [{ offset, length: buckets.length }];

/** The fields as they are written; each may stand once. */
function fieldsOf(body: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (let at = 0; at < body.length;) {
    FIELD.lastIndex = at;
    const found = FIELD.exec(body);
    if (found === null) {
      if (body.slice(at).trim() === "") break;
      throw badRequest(
        `a histogram has fields such as sum:3, not ${JSON.stringify(body.slice(at, at + 30))}`,
      );
    }
    const [all, name = "", list, single] = found;
    const known = [...NUMBERS, ...LISTS, "counter_reset_hint"] as readonly string[];
    if (!known.includes(name)) throw badRequest(`a histogram has no field ${name}`);
    if (fields.has(name)) throw badRequest(`the field ${name} of a histogram stands twice`);
    if ((LISTS as readonly string[]).includes(name) !== (list !== undefined))
      throw badRequest(`${name} of a histogram is ${list === undefined ? "a list" : "no list"}`);
    fields.set(name, list ?? single ?? "");
    at += all.length;
  }
  return fields;
}

/**
 * Reads `{{schema:1 sum:3 count:22 z_bucket:3 z_bucket_w:0.1 offset:1 buckets:[5 10] n_buckets:[4]}}`.
 * @throws FleetlightError `bad_request`
 */
export function readHistogram(text: string): FloatHistogram {
  const fields = fieldsOf(text.trim().replace(/^\{\{/, "").replace(/\}\}$/, ""));
  const number = (name: (typeof NUMBERS)[number]): number =>
    fields.has(name) ? numberOf(fields.get(name) ?? "", name) : 0;
  const list = (name: (typeof LISTS)[number]): number[] => {
    const items = (fields.get(name) ?? "").split(/[\s,]+/).filter(Boolean);
    if (items.length > MAX_BUCKETS)
      throw badRequest(`a histogram has at most ${MAX_BUCKETS} buckets`);
    return items.map((item) => numberOf(item, name));
  };
  const hint = fields.get("counter_reset_hint") ?? "unknown";
  if (!HINTS.includes(hint)) throw badRequest(`counter_reset_hint is one of ${HINTS.join(", ")}`);
  const positiveBuckets = list("buckets");
  const negativeBuckets = list("n_buckets");
  const customValues = list("custom_values");
  const schema =
    fields.has("custom_values") && !fields.has("schema") ? CUSTOM_BUCKETS_SCHEMA : number("schema");
  return createHistogram({
    schema,
    sum: number("sum"),
    count: number("count"),
    zeroCount: number("z_bucket"),
    zeroThreshold: number("z_bucket_w"),
    counterResetHint: hint as CounterResetHint,
    positiveSpans: spans(number("offset"), positiveBuckets),
    positiveBuckets,
    negativeSpans: spans(number("n_offset"), negativeBuckets),
    negativeBuckets,
    customValues,
  });
}
