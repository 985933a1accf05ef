import type { Config } from "./schema.ts";

/** What is only read when the server starts. */
const NEEDS_RESTART = [
  "server.host",
  "server.port",
  "server.dashboard_port",
  "server.tls",
  "server.route_prefix",
  "server.body_limit_bytes",
  "otlp.grpc_port",
  "otlp.http_port",
  "otlp.grpc_max_message_bytes",
  "storage.data_dir",
  "storage.ephemeral",
  "storage.telemetry_url",
  "storage.state_url",
  "storage.flush_interval",
  "storage.flush_rows",
  "storage.max_pending_rows",
  "storage.head",
  "storage.max_series",
  "logging.format",
  "logging.file",
];

const isTree = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function collect(before: unknown, after: unknown, path: string, changed: string[]): void {
  if (isTree(before) && isTree(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      collect(before[key], after[key], path === "" ? key : `${path}.${key}`, changed);
    }
  } else if (JSON.stringify(before) !== JSON.stringify(after)) {
    changed.push(path);
  }
}

/** Dotted paths of the settings that differ, in order; a list that differs anywhere is named as a whole. */
export function changedPaths(before: Config, after: Config): string[] {
  const changed: string[] = [];
  collect(before, after, "", changed);
  return changed.toSorted();
}

/** Those of the changed paths that take effect only after a restart. */
export const restartNeeded = (changed: readonly string[]): string[] =>
  changed.filter((path) =>
    NEEDS_RESTART.some((fixed) => path === fixed || path.startsWith(`${fixed}.`)),
  );
