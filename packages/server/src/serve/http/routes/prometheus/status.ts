import { hostname } from "node:os";

import { redactConfig } from "#config";
import { formatDuration, isoTime } from "#lib";
import { stringify } from "yaml";

import type { Doors } from "../../../doors.ts";
import type { App } from "../../app-type.ts";
import { tenantOf } from "../../tenant.ts";
import { badData } from "./errors.ts";
import { Params } from "./params.ts";
import { sendData } from "./reply.ts";

const schema = (summary: string) => ({ tags: ["prometheus"], summary });
/** The version whose behaviour this API has; Grafana and others choose what they ask by it. */
const PROMETHEUS_VERSION = "3.14.0";
const DEFAULT_TOP = 10;
const MAX_TOP = 10_000;

/** Upstream's flags that have a counterpart here, as they would have to be given. */
function flags(doors: Doors): Record<string, string> {
  const { query, server, storage } = doors.config();
  return {
    "query.lookback-delta": formatDuration(query.lookback_delta),
    "query.max-concurrency": String(query.max_concurrency),
    "query.max-samples": String(query.max_samples),
    "query.timeout": formatDuration(query.timeout),
    "storage.tsdb.path": storage.data_dir,
    "storage.tsdb.retention.time": formatDuration(storage.retention.metrics),
    "web.enable-admin-api": "false",
    "web.enable-lifecycle": "true",
    "web.enable-remote-write-receiver": "true",
    "web.listen-address": `${server.host}:${server.port}`,
  };
}

/** The lists of `status/tsdb`; bounded by `limit`. */
function tsdbStatus(doors: Doors, tenant: string, limit: number) {
  const found = doors.telemetry.metrics.cardinality(tenant, limit);
  const list = (entries: { name: string; count: number }[]) =>
    entries.map(({ name, count }) => ({ name, value: count }));
  return {
    headStats: {
      numSeries: found.series,
      numLabelPairs: found.labelPairs,
      chunkCount: 0,
      minTime: doors.now() - doors.config().storage.head.window,
      maxTime: doors.now(),
    },
    seriesCountByMetricName: list(found.seriesByMetric),
    labelValueCountByLabelName: list(found.valuesByLabel),
    memoryInBytesByLabelName: list(found.bytesByLabel),
    seriesCountByLabelValuePair: list(found.seriesByPair),
  };
}

function topOf(params: Params): number {
  const text = params.text("limit");
  if (text === "") return DEFAULT_TOP;
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1) throw badData("limit must be a positive number");
  if (limit > MAX_TOP) throw badData(`limit must not exceed ${MAX_TOP}`);
  return limit;
}

export function statusRoutes(app: App, doors: Doors): void {
  const startTime = isoTime(doors.now());
  const add = (path: string, summary: string, data: (tenant: string, params: Params) => unknown) =>
    app.get(
      `/api/v1/status/${path}`,
      { config: { access: "read" }, compress: false, schema: schema(summary) },
      async (request, reply) =>
        sendData(request, reply, data(tenantOf(request), new Params(request))),
    );

  add("config", "The configuration in force, without secrets", () => ({
    yaml: stringify(redactConfig(doors.config())),
  }));
  add("flags", "Settings under the names of Prometheus' flags", () => flags(doors));
  add("buildinfo", "Version", () => ({
    version: PROMETHEUS_VERSION,
    revision: `fleetlight ${doors.version}`,
    branch: "",
    buildUser: "",
    buildDate: "",
    goVersion: "",
    application: "Fleetlight",
  }));
  add("runtimeinfo", "What the process runs with", () => ({
    startTime,
    CWD: "",
    hostname: hostname(),
    serverTime: isoTime(doors.now()),
    reloadConfigSuccess: doors.manager.status().error === null,
    lastConfigTime: doors.manager.status().loaded_at,
    corruptionCount: 0,
    goroutineCount: 0,
    GOMAXPROCS: 1,
    GOMEMLIMIT: 0,
    GOGC: "",
    GODEBUG: "",
    storageRetention: formatDuration(doors.config().storage.retention.metrics),
  }));
  add("walreplay", "State of the replay of the write-ahead log", () => ({
    min: 0,
    max: 0,
    current: 0,
    state: doors.isReady() ? "done" : "in progress",
  }));
  add("tsdb", "Where series come from: the largest metrics, labels and pairs", (tenant, params) =>
    tsdbStatus(doors, tenant, topOf(params)),
  );
}
