import type { Registry } from "@fleetlight/sdk";

import type { Config, ForwardingDestination } from "#config";
import type { Logger, Now, Outbound, OutboundPolicy } from "#lib";

import { JobClient } from "../prometheus/client.ts";
import { Destination, type Letter } from "./destination.ts";
import { jaegerBodies } from "./jaeger-body.ts";
import { otlpBody } from "./otlp-body.ts";
import type { Parcel } from "./parcel.ts";

interface Options {
  config: () => Pick<Config, "forwarding">;
  outbound: Outbound;
  policy: () => OutboundPolicy;
  now: Now;
  random: () => number;
  logger: Logger;
  registry: Registry;
}

const THRIFT_PATH = /\/api\/traces\/?$/;
const CONTENT_TYPES = {
  protobuf: "application/x-protobuf",
  json: "application/json",
  jaeger: "application/x-thrift",
};

const createInstruments = (registry: Registry) => ({
  sent: registry.counter({
    name: "fleetlight_forwarding_requests_total",
    help: "Bodies that were passed on, by signal.",
    labelNames: ["signal"],
  }),
  failed: registry.counter({
    name: "fleetlight_forwarding_failures_total",
    help: "Attempts to pass something on that failed and are made again.",
  }),
  dropped: registry.counter({
    name: "fleetlight_forwarding_dropped_total",
    help: "Bodies that were not passed on, by signal and reason.",
    labelNames: ["signal", "reason"],
  }),
  waiting: registry.gauge({
    name: "fleetlight_forwarding_queue_bytes",
    help: "Memory for what waits to be passed on.",
  }),
});

/** The address with a path behind it, its query kept. */
function below(address: string, path: string): string {
  const url = new URL(address);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}${path}`;
  return url.href;
}

/** What came over OTLP goes on as it came; what others sent is turned into it. */
const otlpLetters =
  (address: string) =>
  async (parcel: Parcel): Promise<Letter[]> => [
    {
      url: below(address, `/v1/${parcel.signal}`),
      contentType: parcel.encoding === "json" ? CONTENT_TYPES.json : CONTENT_TYPES.protobuf,
      body: await otlpBody(parcel),
    },
  ];

const thriftLetters =
  (url: string) =>
  async (parcel: Parcel): Promise<Letter[]> =>
    (await jaegerBodies(parcel)).map((body) => ({ url, contentType: CONTENT_TYPES.jaeger, body }));

interface Way {
  takes(parcel: Parcel): boolean;
  destination: Destination;
  client: JobClient;
}

/** Passes on what was taken here, to whom the configuration names. */
export class TelemetryForwarder {
  private readonly options: Options;
  private readonly instruments: ReturnType<typeof createInstruments>;
  private ways: Way[] = [];
  /** The configuration that the ways were made of. */
  private made = "";

  constructor(options: Options) {
    this.options = options;
    this.instruments = createInstruments(options.registry);
    options.registry.collect(() =>
      this.instruments.waiting.set(
        this.ways.reduce((sum, { destination }) => sum + destination.queuedBytes, 0),
      ),
    );
    this.reconfigure();
  }

  /** Never throws and never waits. `hops` is undefined for what has been passed on often enough. */
  offer(parcel: Omit<Parcel, "takenMs" | "hops"> & { hops: number | undefined }): void {
    const { hops } = parcel;
    if (hops === undefined || this.ways.length === 0) return;
    const taken = { ...parcel, hops, takenMs: this.options.now() };
    for (const { takes, destination } of this.ways) if (takes(taken)) destination.add(taken);
  }

  /** After the configuration changed. */
  reconfigure(): void {
    for (const { client } of this.ways) client.reconfigure();
    const { otlp, jaeger_endpoint: jaeger } = this.options.config().forwarding;
    const wanted = JSON.stringify([otlp, jaeger]);
    if (wanted === this.made) return;
    this.made = wanted;
    void this.stop();
    this.ways = otlp.map((entry) => this.way(entry));
    if (jaeger !== undefined) this.ways.push(this.jaegerWay(jaeger));
  }

  async stop(): Promise<void> {
    const former = this.ways;
    this.ways = [];
    await Promise.all(former.map(({ destination }) => destination.stop()));
    await Promise.all(former.map(({ client }) => client.close()));
  }

  private jaegerWay(url: string): Way {
    const entry: ForwardingDestination = {
      url,
      signals: ["traces"],
      headers: {},
      timeout: 10_000,
      queue_bytes: 64 << 20,
      max_age: 900_000,
      follow_redirects: true,
    };
    if (!THRIFT_PATH.test(new URL(url).pathname)) return this.way(entry);
    return this.way(entry, thriftLetters(url));
  }

  private way(entry: ForwardingDestination, letters = otlpLetters(entry.url)): Way {
    const { outbound: shared, policy, now, random, logger } = this.options;
    const { sent, failed, dropped } = this.instruments;
    const signals: ReadonlySet<string> = new Set(entry.signals);
    const client = new JobClient(entry, { shared, policy, monotonicMs: () => performance.now() });
    const destination = new Destination({
      name: new URL(entry.url).host,
      client,
      headers: entry.headers,
      timeoutMs: entry.timeout,
      queueBytes: entry.queue_bytes,
      maxAgeMs: entry.max_age,
      followRedirects: entry.follow_redirects,
      letters,
      now,
      random,
      logger,
      onSent: ({ signal }) => sent.inc({ signal }),
      onFailed: () => failed.inc(),
      onDropped: ({ signal }, reason) => dropped.inc({ signal, reason }),
    });
    const takes = ({ signal }: Parcel) => signals.has(signal);
    return { takes, destination, client };
  }
}
