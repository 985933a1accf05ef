import type { TailSpan } from "@fleetlight/contract";
import type { Registry } from "@fleetlight/sdk";
import type { FastifyReply } from "fastify";

import { isoTime, type Now } from "#lib";
import { leanSpanOf, toLogLine } from "#query";
import {
  matchesLog,
  matchesSpan,
  type LogFilter,
  type LogRow,
  type SpanRecord,
  type SpanRow,
  type TelemetryStore,
  type TraceQuery,
} from "#store";

import { TailRoom } from "./tail-room.ts";

/** How often what has come is sent, and how often that the connection lives. */
const FLUSH_MS = 200;
const HEARTBEAT_MS = 15_000;
/** How long a client waits before it comes again. */
const RETRY_MS = 3000;

const STATUSES: readonly TailSpan["status"][] = ["unset", "ok", "error"];

const toTailSpan = (row: SpanRow): TailSpan => ({
  trace_id: row.traceId,
  span_id: row.spanId,
  parent_span_id: row.parentSpanId,
  service: row.service,
  name: row.name,
  status: STATUSES[row.status] ?? "unset",
  start: isoTime(Number(row.startNs.slice(0, -6))),
  duration_seconds: row.durationNs / 1e9,
  ended: row.ended,
  operation: row.operation,
  agent: row.agent,
  tool: row.tool,
  model: row.model,
  error_type: row.errorType,
});

interface Options {
  telemetry: Pick<TelemetryStore, "logs" | "spans">;
  now: Now;
  registry: Registry;
}

/** Live tails of log lines and spans, as server-sent events. */
export class Tails {
  private readonly options: Options;
  private readonly lines: TailRoom<LogRow>;
  private readonly spans: TailRoom<SpanRow>;
  private readonly runs: TailRoom<SpanRow>;
  /** Traces that somebody follows, and how many do: of all others nothing is looked at. */
  private readonly followed = new Map<string, number>();
  private readonly stops: (() => void)[] = [];
  /** Runs only while somebody follows. */
  private flushing: NodeJS.Timeout | undefined;

  constructor(options: Options) {
    this.options = options;
    const { registry } = options;
    const dropped = registry.counter({
      name: "fleetlight_tail_dropped_total",
      help: "Log lines and spans that a live tail left out because its client read too slowly.",
      labelNames: ["signal"],
    });
    const refused = registry.counter({
      name: "fleetlight_tail_clients_refused_total",
      help: "Clients of live tails that were refused because there were too many.",
      labelNames: ["signal"],
    });
    const of = (signal: string) => ({
      onDropped: (count: number) => dropped.inc({ signal }, count),
      onRefused: () => refused.inc({ signal }),
    });
    this.lines = new TailRoom({ event: "lines", view: toLogLine, ...of("logs") });
    this.spans = new TailRoom({ event: "spans", view: toTailSpan, ...of("traces") });
    this.runs = new TailRoom<SpanRow>({ event: "spans", view: leanSpanOf, ...of("runs") });
    registry
      .gauge({
        name: "fleetlight_tail_clients",
        help: "Clients of live tails.",
        labelNames: ["signal"],
      })
      .collect((gauge) => {
        gauge.set({ signal: "logs" }, this.lines.size);
        gauge.set({ signal: "traces" }, this.spans.size);
        gauge.set({ signal: "runs" }, this.runs.size);
      });
  }

  start(): void {
    const { telemetry, now } = this.options;
    const { rooms } = this;
    const beating = setInterval(() => {
      for (const room of rooms) room.say("heartbeat", { time: isoTime(now()) });
    }, HEARTBEAT_MS);
    this.stops.push(
      telemetry.logs.onLogs((tenant, rows) => this.lines.hear(tenant, rows)),
      telemetry.spans.onSpans((tenant, records) => this.hearSpans(tenant, records)),
      () => clearInterval(this.flushing),
      () => clearInterval(beating),
    );
  }

  private get rooms(): Pick<TailRoom<never>, "flush" | "say" | "size">[] {
    return [this.lines, this.spans, this.runs];
  }

  private flush(): void {
    for (const room of this.rooms) room.flush();
    if (this.rooms.some(({ size }) => size > 0)) return;
    clearInterval(this.flushing);
    this.flushing = undefined;
  }

  /** Ends every tail. */
  stop(): void {
    for (const stop of this.stops) stop();
    this.lines.stop();
    this.spans.stop();
    this.runs.stop();
  }

  /** @throws FleetlightError `overloaded` when there are too many clients. */
  followLogs(tenant: string, filter: LogFilter, reply: FastifyReply): void {
    this.lines.admit();
    this.open(reply);
    this.lines.follow(tenant, (row) => matchesLog(row, filter), reply.raw);
  }

  /** @throws FleetlightError `overloaded` when there are too many clients. */
  followSpans(tenant: string, query: TraceQuery, reply: FastifyReply): void {
    this.spans.admit();
    this.open(reply);
    this.spans.follow(tenant, (row) => matchesSpan(row, query), reply.raw);
  }

  /**
   * The spans of one trace as they come, whatever they are like.
   * @throws FleetlightError `overloaded` when there are too many clients.
   */
  followTrace(tenant: string, traceId: string, reply: FastifyReply): void {
    this.runs.admit();
    this.open(reply);
    this.followed.set(traceId, (this.followed.get(traceId) ?? 0) + 1);
    reply.raw.once("close", () => {
      const left = (this.followed.get(traceId) ?? 1) - 1;
      if (left === 0) this.followed.delete(traceId);
      else this.followed.set(traceId, left);
    });
    this.runs.follow(tenant, (row) => row.traceId === traceId, reply.raw);
  }

  private hearSpans(tenant: string, records: readonly SpanRecord[]): void {
    if (this.spans.size > 0)
      this.spans.hear(
        tenant,
        records.map(({ row }) => row),
      );
    if (this.followed.size === 0) return;
    const own = records.filter(({ row }) => this.followed.has(row.traceId));
    if (own.length > 0)
      this.runs.hear(
        tenant,
        own.map(({ row }) => row),
      );
  }

  private open(reply: FastifyReply): void {
    reply.hijack();
    this.flushing ??= setInterval(() => this.flush(), FLUSH_MS);
    // A hook has set what a browser may do with the answer, and whose pages may read it.
    const headers = Object.entries(reply.getHeaders()).filter(([, value]) => value !== undefined);
    reply.raw.on("error", () => reply.raw.destroy());
    reply.raw.writeHead(200, {
      ...(Object.fromEntries(headers) as Record<string, string>),
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
    });
    reply.raw.write(`retry: ${RETRY_MS}\n\n`);
  }
}
