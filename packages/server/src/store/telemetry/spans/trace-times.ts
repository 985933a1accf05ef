import type { Conditions } from "./conditions.ts";

/** Where the spans of some traces are. */
interface Place {
  /** Comes before `SELECT`. */
  before: string;
  /** Of `spans` or `span_content`, their traces and times. */
  where: string;
}

/**
 * Spans of these traces by when they began, which a table knows: their minutes are found by the key, whatever else is kept.
 * Times of nothing are 1970, where nothing is found.
 */
export function placeOf(
  conditions: Conditions,
  tenant: string,
  traceIds: readonly string[],
): Place {
  const owner = conditions.bind(tenant);
  const ids = traceIds.map((id) => conditions.bind(id));
  const keys = ids.map((id) => `cityHash64(${id})`).join(", ");
  return {
    before: `WITH (SELECT (min(first), max(ts)) FROM trace_times WHERE tenant = ${owner} AND trace_key IN (${keys})) AS seen`,
    where: `tenant = ${owner} AND trace_id IN (${ids.join(", ")}) AND toStartOfMinute(ts) >= toStartOfMinute(seen.1) AND toStartOfMinute(ts) <= toStartOfMinute(seen.2)`,
  };
}
