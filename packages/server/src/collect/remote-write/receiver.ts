import { setImmediate as nextTurn } from "node:timers/promises";

import { FleetlightError, ProtobufError, SnappyDecoder, SnappyError } from "#lib";
import type { Exemplar, ExemplarStore, MetricMetadata } from "#store";

import { Gate, type Admitted, type GateContext } from "../limits/gate.ts";
import { WriteRequestReader } from "./read-v1.ts";
import { WriteRequestV2Reader } from "./read-v2.ts";
import { RotatingSeriesTable } from "./series-table.ts";

/** Series between two looks at the clock. */
const SLICE_SERIES = 256;
/** How long a body may keep the event loop before others have a turn. */
const SLICE_MS = 8;
/** Tenants whose tables of series are kept; the one that was silent for longest goes first. */
const MAX_TENANTS = 1000;
/** Requests between two looks at the memory of all tables together. */
const REQUESTS_PER_CHECK = 256;
/** Decoders that wait for the next body; further ones are made and thrown away. */
const IDLE_DECODERS = 4;

export type WriteVersion = "1.0" | "2.0";

/** What a request came to, for the answer's status and headers. */
export interface WriteResult extends Admitted {
  exemplars: number;
}

interface Options extends GateContext {
  exemplars: ExemplarStore;
  random: () => number;
}

interface Reader {
  readonly exemplars: Exemplar[];
  readonly exemplarsRefused: number;
  readonly metadata: { metric: string; metadata: MetricMetadata }[];
  run(count: number): boolean;
}

const malformed = (error: Error): FleetlightError =>
  error instanceof SnappyError && error.tooLarge
    ? new FleetlightError("body_too_large", 413, `${error.message} (ingest.max_body_bytes)`)
    : new FleetlightError("bad_request", 400, error.message);

/** Takes Prometheus' remote write, versions 1.0 and 2.0. */
export class RemoteWriteReceiver {
  private readonly options: Options;
  private readonly tables = new Map<string, RotatingSeriesTable>();
  private readonly decoders: SnappyDecoder[] = [];
  private readonly seed: number;
  private requests = 0;

  constructor(options: Options) {
    this.options = options;
    this.seed = Math.floor(options.random() * 2 ** 32);
  }

  /** Memory by which series are recognised, and their number. */
  cacheStats(): { bytes: number; series: number } {
    let bytes = 0;
    let series = 0;
    for (const table of this.tables.values()) {
      bytes += table.bytes;
      series += table.size;
    }
    return { bytes, series };
  }

  /**
   * Takes one compressed body; durable and readable when it resolves.
   * @throws FleetlightError `bad_request` (400), `body_too_large` (413), `limit_reached` (429), `overloaded` (503), each
   * before anything of the request was taken.
   */
  async write(tenant: string, body: Buffer, version: WriteVersion): Promise<WriteResult> {
    const { counters, config, inFlight } = this.options;
    const decoder = this.decoders.pop() ?? new SnappyDecoder();
    try {
      const content = decoder.decode(body, config().ingest.max_body_bytes);
      return await inFlight.run(content.length, () => this.read(tenant, content, version));
    } catch (error) {
      if (!(error instanceof SnappyError) && !(error instanceof ProtobufError)) throw error;
      counters.refused("malformed", 1);
      counters.requests(protocolOf(version), "refused");
      throw malformed(error);
    } finally {
      if (this.decoders.length < IDLE_DECODERS) this.decoders.push(decoder);
    }
  }

  private async read(tenant: string, content: Buffer, version: WriteVersion): Promise<WriteResult> {
    const gate = new Gate(tenant, protocolOf(version), this.options);
    const reader: Reader =
      version === "1.0"
        ? new WriteRequestReader(content, this.tableOf(tenant), gate)
        : new WriteRequestV2Reader(content, gate);
    try {
      await readWhole(reader);
    } catch (error) {
      gate.giveBack();
      throw error;
    }
    const { metrics } = this.options;
    for (const { metric, metadata } of reader.metadata) metrics.describe(tenant, metric, metadata);
    const admitted = await gate.commit();
    if (reader.exemplarsRefused > 0)
      this.options.counters.refused("exemplar_limit", reader.exemplarsRefused);
    return { ...admitted, exemplars: await this.keepExemplars(tenant, reader.exemplars) };
  }

  /** Exemplars that are refused do not fail the request, as in Prometheus. */
  private async keepExemplars(tenant: string, exemplars: Exemplar[]): Promise<number> {
    if (exemplars.length === 0) return 0;
    const refused = await this.options.exemplars.append(tenant, exemplars);
    if (refused > 0) this.options.counters.refused("out_of_order_exemplar", refused);
    return exemplars.length - refused;
  }

  private tableOf(tenant: string): RotatingSeriesTable {
    const known = this.tables.get(tenant);
    const table =
      known ?? new RotatingSeriesTable(this.seed, this.options.config().ingest.max_cache_bytes);
    this.tables.delete(tenant);
    this.tables.set(tenant, table);
    const isDue = ++this.requests % REQUESTS_PER_CHECK === 0;
    while (
      this.tables.size > 1 &&
      (this.tables.size > MAX_TENANTS || ((known === undefined || isDue) && this.isFull()))
    )
      this.tables.delete(this.tables.keys().next().value as string);
    return table;
  }

  /** Whether the tables of all tenants are together above the limit that each of them also has. */
  private isFull(): boolean {
    return this.cacheStats().bytes > this.options.config().ingest.max_cache_bytes;
  }
}

async function readWhole(reader: Reader): Promise<void> {
  let turnMs = performance.now();
  while (!reader.run(SLICE_SERIES)) {
    if (performance.now() - turnMs < SLICE_MS) continue;
    await nextTurn();
    turnMs = performance.now();
  }
}

const protocolOf = (version: WriteVersion) =>
  version === "1.0" ? "remote_write" : "remote_write_2";
