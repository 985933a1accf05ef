import { FleetlightError } from "../client/index.ts";
import type { FleetlightClient } from "../client/index.ts";
import type { Ask } from "../http/ask.ts";
import { createRegistry } from "../metrics/index.ts";
import { MetricsPusher } from "./push.ts";

export type ValidationCheck = {
  name: "server" | "clock" | "send_span" | "read_span" | "send_metric" | "read_metric" | "service";
  ok: boolean;
  /** Not looked at, because something before it failed or because it does not apply. */
  skipped: boolean;
  durationMs: number;
  /** What was found. */
  message: string;
  /** What to do when it failed; empty when it did not. */
  remedy: string;
};

export type Validation = { ok: boolean; traceId: string | null; checks: ValidationCheck[] };

export type ValidationWays = {
  client: FleetlightClient;
  serviceName: string;
  /** Null when the service is not to be registered. */
  serviceId: string | null;
  /** Sends one span with this attribute; its trace id. */
  sendSpan(attribute: { name: string; value: string }): { traceId: string; spanId: string };
  flush(timeoutMs: number): Promise<boolean>;
  /** Spans go to the host's own provider. */
  isHosted(): boolean;
  refused(): number;
  push: { url: string; headers: Readonly<Record<string, string>>; ask: Ask };
  newId(): string;
  nowMs(): number;
};

const ATTRIBUTE = "fleetlight.validation";
const METRIC = "fleetlight_sdk_validation_number";
const JOB = "fleetlight_sdk_validation";
const MAX_SKEW_MS = 60_000;
const POLL_MS = 100;

type Found = { ok: boolean; message: string; remedy?: string };

const remedyOf = (error: unknown, otherwise: string): string => {
  if (!(error instanceof FleetlightError)) return otherwise;
  if (error.status === 401) return "Give a valid `token`.";
  if (error.status === 403) return "Give a `token` that may do this: see the server's `auth`.";
  if (error.status === null) return "Check `url`, and that the server runs.";
  return otherwise;
};

/** Sends a span and a metric, asks for both, and compares: every step from this process to the store and back. */
export class Validator {
  readonly #ways: ValidationWays;
  readonly #timeoutMs: number;
  readonly #checks: ValidationCheck[] = [];

  constructor(ways: ValidationWays, timeoutMs: number) {
    this.#ways = ways;
    this.#timeoutMs = timeoutMs;
  }

  /** Never rejects. */
  async run(): Promise<Validation> {
    const reached = await this.#check("server", () => this.#server());
    await this.#check("clock", () => this.#clock(), reached);
    const value = this.#ways.newId();
    const span = this.#ways.sendSpan({ name: ATTRIBUTE, value });
    const sent = await this.#check("send_span", () => this.#sendSpan(), reached);
    await this.#check("read_span", () => this.#readSpan(span, value), sent);
    const number = Math.floor(Math.random() * 1e9);
    const pusher = this.#pusher(value, number);
    const pushed = await this.#check("send_metric", () => this.#sendMetric(pusher), reached);
    await this.#check("read_metric", () => this.#readMetric(value, number), pushed);
    // Nobody wants to see it tomorrow.
    await pusher.stop();
    const { serviceId } = this.#ways;
    if (serviceId !== null) await this.#check("service", () => this.#service(serviceId), reached);
    const ok = this.#checks.every((check) => check.ok);
    return { ok, traceId: sent ? span.traceId : null, checks: this.#checks };
  }

  async #check(
    name: ValidationCheck["name"],
    look: () => Promise<Found>,
    applies = true,
  ): Promise<boolean> {
    const startMs = this.#ways.nowMs();
    let found: Found;
    try {
      found = applies ? await look() : { ok: false, message: "not tried: a step before it failed" };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      found = { ok: false, message, remedy: remedyOf(error, "See the server's log.") };
    }
    const { ok, message, remedy = "" } = found;
    const durationMs = this.#ways.nowMs() - startMs;
    this.#checks.push({ name, ok, skipped: !applies, durationMs, message, remedy });
    return ok;
  }

  /** Asks until it finds something, or the time is over. */
  async #until<T>(ask: () => Promise<T | undefined>): Promise<T | undefined> {
    const endMs = this.#ways.nowMs() + this.#timeoutMs;
    for (;;) {
      try {
        const found = await ask();
        if (found !== undefined) return found;
      } catch (error) {
        if (!(error instanceof FleetlightError) || error.status !== 404) throw error;
      }
      if (this.#ways.nowMs() > endMs) return undefined;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async #server(): Promise<Found> {
    const { status, version } = await this.#ways.client.health();
    return { ok: true, message: `Fleetlight ${version} answers and is ${status}` };
  }

  async #clock(): Promise<Found> {
    const startMs = this.#ways.nowMs();
    const { timestamp } = await this.#ways.client.health();
    const skewMs = Math.round(Date.parse(timestamp) - (startMs + this.#ways.nowMs()) / 2);
    const ok = Math.abs(skewMs) <= MAX_SKEW_MS;
    const message = `the server's clock is ${Math.abs(skewMs)} ms ${skewMs < 0 ? "behind" : "ahead of"} ours`;
    return { ok, message, remedy: ok ? "" : "Synchronise both hosts with NTP." };
  }

  async #sendSpan(): Promise<Found> {
    if (this.#ways.isHosted()) {
      return { ok: true, message: "spans go to the tracer provider that this process registered" };
    }
    const refusedBefore = this.#ways.refused();
    const taken = await this.#ways.flush(this.#timeoutMs);
    if (taken && this.#ways.refused() === refusedBefore) return { ok: true, message: "delivered" };
    return {
      ok: false,
      message: taken ? "the server refused the span" : "the span could not be delivered in time",
      remedy:
        "Check that the token has the scope `write`, and that `/v1/traces` of the server can be reached.",
    };
  }

  async #readSpan(sent: { traceId: string; spanId: string }, value: string): Promise<Found> {
    const trace = await this.#until(() => this.#ways.client.trace(sent.traceId));
    const span = trace?.all_spans.find(({ span_id }) => span_id === sent.spanId);
    if (trace === undefined || span === undefined) {
      const hosted = this.#ways.isHosted();
      return {
        ok: false,
        message: "the span was not found",
        remedy: hosted
          ? "Add `monitoring.spanProcessor()` to your tracer provider, or an OTLP exporter for Fleetlight."
          : "Check that `tenant` is the one that the token may read.",
      };
    }
    const differences = [
      span.attributes[ATTRIBUTE] === value ? "" : `its attribute is ${span.attributes[ATTRIBUTE]}`,
      this.#ways.isHosted() || span.service === this.#ways.serviceName
        ? ""
        : `its service is ${span.service}`,
      span.ended ? "" : "it has not ended",
    ].filter((one) => one !== "");
    return {
      ok: differences.length === 0,
      message: differences.length === 0 ? "found as it was sent" : differences.join("; "),
      remedy: differences.length === 0 ? "" : "Something between here and the store changes spans.",
    };
  }

  #pusher(instance: string, number: number): MetricsPusher {
    const registry = createRegistry();
    registry.gauge({ name: METRIC, help: "Sent to be read back.", unprefixed: true }).set(number);
    return new MetricsPusher({
      ...this.#ways.push,
      job: JOB,
      instance,
      registry,
      intervalMs: 3_600_000,
      timeoutMs: this.#timeoutMs,
    });
  }

  async #sendMetric(pusher: MetricsPusher): Promise<Found> {
    pusher.start();
    const ok = await pusher.push();
    return {
      ok,
      message: ok ? "delivered" : "the server did not take the metric",
      remedy: ok
        ? ""
        : "Check that the token has the scope `write`; docs/ingest.md has the limits.",
    };
  }

  async #readMetric(instance: string, number: number): Promise<Found> {
    const expression = `${METRIC}{job="${JOB}",instance="${instance}"}`;
    const value = await this.#until(async () => {
      const [series] = await this.#ways.client.query(expression);
      return series?.value[1];
    });
    const ok = Number(value) === number;
    return {
      ok,
      message: ok
        ? "found as it was sent"
        : value === undefined
          ? "the metric was not found"
          : `sent ${number}, found ${value}`,
      remedy: ok ? "" : "Check that `tenant` is the one that the token may read.",
    };
  }

  async #service(id: string): Promise<Found> {
    const service = await this.#until(() => this.#ways.client.service(id));
    if (service !== undefined) return { ok: true, message: `registered, ${service.status}` };
    return {
      ok: false,
      message: `the service ${id} is not registered`,
      remedy: "See `onError`: the token may lack a scope, or the id may be refused.",
    };
  }
}
