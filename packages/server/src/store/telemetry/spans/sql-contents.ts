import type { Driver } from "../drivers/types.ts";
import { Conditions } from "./conditions.ts";
import type { StoredContent } from "./span-tables.ts";
import { placeOf } from "./trace-times.ts";
import type { SpanContent } from "./types.ts";

/** How far what log lines say of a trace may be from when its spans began: clocks differ, and spans last. */
const EARLIER = "1 HOUR";
const LATER = "1 DAY";

/** Contents of spans and of log lines that tell of them, of now and of before: see 022-contents.sql. */
export async function readContents(
  driver: Driver,
  tenant: string,
  traceId: string,
  spanId: string | undefined,
): Promise<StoredContent[]> {
  const conditions = new Conditions();
  const { before, where } = placeOf(conditions, tenant, [traceId]);
  const one = spanId === undefined ? "" : ` AND span_id = ${conditions.bind(spanId)}`;
  // What is said of a trace may be here before its first span is.
  const near = `(toUInt32(seen.2) = 0 OR (ts >= seen.1 - INTERVAL ${EARLIER} AND ts <= seen.2 + INTERVAL ${LATER}))`;
  const rows = await driver.rows<Record<"span_id" | "content" | "number" | "time_ns", string>>(
    `${before} SELECT span_id, content, '0' AS number, toString(toUnixTimestamp64Nano(ts)) AS time_ns FROM span_content WHERE ${where}${one} UNION ALL
     SELECT span_id, content, toString(seq), toString(toUnixTimestamp64Nano(ts)) FROM contents
     WHERE tenant = ${conditions.bind(tenant)} AND trace_id = ${conditions.bind(traceId)}${one} AND ${near}`,
    { parameters: conditions.parameters },
  );
  return rows.map(({ span_id, content, number, time_ns }) => ({
    spanId: span_id,
    content: JSON.parse(content) as SpanContent[],
    seq: Number(number),
    timeNs: time_ns,
  }));
}

interface TextSearch {
  tenant: string;
  words: readonly string[];
  startMs: number;
  endMs: number;
  limit: number;
}

/** Traces with a span in whose contents all words stand, the newest first. */
export async function searchContents(driver: Driver, search: TextSearch): Promise<string[]> {
  const conditions = new Conditions();
  const all = search.words.map(
    // The contents of a span are kept as JSON.
    (word) =>
      `positionCaseInsensitiveUTF8(content, ${conditions.bind(JSON.stringify(word).slice(1, -1))}) > 0`,
  );
  const where = `WHERE ${conditions.range(search.tenant, search)} AND (${all.join(" OR ")})`;
  // What belongs to one span may stand in several rows.
  const having =
    all.length > 1 ? `HAVING ${all.map((found) => `max(${found})`).join(" AND ")}` : "";
  const rows = await driver.rows<{ id: string }>(
    `SELECT trace_id AS id FROM (
       SELECT trace_id, span_id, max(ts) AS newest FROM (
         SELECT trace_id, span_id, ts, content FROM contents ${where} UNION ALL
         SELECT trace_id, span_id, ts, content FROM span_content ${where}
       ) GROUP BY trace_id, span_id ${having}
     ) GROUP BY trace_id ORDER BY max(newest) DESC LIMIT ${Math.trunc(search.limit)}`,
    { parameters: conditions.parameters },
  );
  return rows.map(({ id }) => id);
}
