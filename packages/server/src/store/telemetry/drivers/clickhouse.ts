import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";

import { createClient } from "@clickhouse/client";

import { encodeNative } from "./native.ts";
import {
  DEFAULT_QUERY_TIMEOUT_MS,
  INSERT_SETTINGS,
  QUERY_LIMITS,
  whereOf,
  type Driver,
  type Insert,
  type QueryOptions,
} from "./types.ts";

/** A ClickHouse server over HTTP, e.g. `http://user:password@127.0.0.1:8123/fleetlight`. */
export function openClickHouse(url: string): Driver {
  const client = createClient({
    url,
    request_timeout: 60_000,
    compression: { request: false, response: true },
  });
  const settings = (timeoutMs: number) => ({
    max_memory_usage: String(QUERY_LIMITS.max_memory_usage),
    max_result_bytes: String(QUERY_LIMITS.max_result_bytes),
    max_threads: QUERY_LIMITS.max_threads,
    max_execution_time: Math.max(1, Math.ceil(timeoutMs / 1000)),
  });

  const answerOf = async <T>(
    sql: string,
    format: "JSONEachRow" | "JSONCompactEachRow",
    options: QueryOptions,
  ): Promise<T[]> => {
    const answer = await client.query({
      query: sql,
      format,
      query_params: { ...options.parameters },
      clickhouse_settings: settings(options.timeoutMs ?? DEFAULT_QUERY_TIMEOUT_MS),
    });
    return answer.json<T>();
  };

  return {
    command: async (sql, parameters) => {
      await client.command({ query: sql, query_params: { ...parameters } });
    },
    rows: <T>(sql: string, options: QueryOptions = {}) => answerOf<T>(sql, "JSONEachRow", options),
    tuples: (sql, options = {}) => answerOf<unknown[]>(sql, "JSONCompactEachRow", options),
    native: async (sql, options = {}) => {
      const answer = await client.exec({
        query: `${sql} FORMAT Native`,
        query_params: { ...options.parameters },
        clickhouse_settings: settings(options.timeoutMs ?? DEFAULT_QUERY_TIMEOUT_MS),
      });
      return buffer(answer.stream);
    },
    insert: async (job: Insert) => {
      const schema = job.columns.map((column) => `${column.name} ${column.type}`).join(", ");
      const answer = await client.exec({
        query: `INSERT INTO ${job.into} SELECT ${job.select} FROM input('${schema}')${whereOf(job)} SETTINGS ${INSERT_SETTINGS(job.token)} FORMAT Native`,
        query_params: { ...job.parameters },
        values: Readable.from([encodeNative(job.columns)], { objectMode: false }),
      });
      await buffer(answer.stream);
    },
    close: () => client.close(),
  };
}
