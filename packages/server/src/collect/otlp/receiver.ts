import { setImmediate as nextTurn } from "node:timers/promises";

import type { Config } from "#config";
import { badRequest, ProtobufError } from "#lib";
import type { Exemplar, ExemplarStore } from "#store";

import { Gate, type Admitted, type GateContext } from "../limits/gate.ts";

import type { OtlpResource } from "./model.ts";
import { readOtlpJson } from "./read-json.ts";
import { OtlpProtobufReader } from "./read-protobuf.ts";
import { DeltaTotals, StagedTotals } from "./totals.ts";
import { OtlpTranslator } from "./translate.ts";

/** How long a body may keep the event loop before others have a turn. */
const SLICE_MS = 8;

/** What a body takes as objects, in multiples of its length, about. */
const OBJECTS_PER_BYTE = 4;

export type OtlpEncoding = "protobuf" | "json";

interface Options extends GateContext {
  config: () => Pick<Config, "ingest" | "limits" | "storage" | "otlp">;
  exemplars: ExemplarStore;
}

type ResourceListener = (tenant: string, attributes: Readonly<Record<string, string>>) => void;

/** Takes metrics over OTLP/HTTP: https://opentelemetry.io/docs/specs/otlp/ and .../compatibility/prometheus_and_openmetrics/ */
export class OtlpReceiver {
  private readonly options: Options;
  private readonly totals = new DeltaTotals();
  private readonly listeners = new Set<ResourceListener>();
  /** Requests of one tenant follow one another: each adds to the totals that the one before has stored. */
  private readonly turns = new Map<string, Promise<Admitted>>();

  constructor(options: Options) {
    this.options = options;
  }

  /** Listeners are told of each resource whose points were taken, and must not block. */
  onResource(listener: ResourceListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Series whose running totals are kept. */
  get deltaSeries(): number {
    return this.totals.size;
  }

  /**
   * Takes one decompressed body; durable and readable when it resolves. What is refused is in the result, for the
   * answer's partial success.
   * @throws FleetlightError `bad_request` (400), `limit_reached` (429), `overloaded` (503); then nothing was taken.
   */
  write(tenant: string, body: Buffer, encoding: OtlpEncoding): Promise<Admitted> {
    return this.options.inFlight.run(body.length * OBJECTS_PER_BYTE, () =>
      this.inTurn(tenant, body, encoding),
    );
  }

  private inTurn(tenant: string, body: Buffer, encoding: OtlpEncoding): Promise<Admitted> {
    const before = this.turns.get(tenant);
    const job = () => this.writeNow(tenant, body, encoding);
    const result = before === undefined ? job() : before.then(job, job);
    this.turns.set(tenant, result);
    const done = () => {
      if (this.turns.get(tenant) === result) this.turns.delete(tenant);
    };
    result.then(done, done);
    return result;
  }

  private async writeNow(tenant: string, body: Buffer, encoding: OtlpEncoding): Promise<Admitted> {
    const { config, metrics } = this.options;
    const gate = new Gate(tenant, "otlp", this.options);
    const totals = new StagedTotals(this.totals);
    const translator = new OtlpTranslator(gate, config().otlp, totals);
    let resources: OtlpResource[] = [];
    try {
      resources = decode(body, encoding);
      await translate(resources, translator);
    } catch (error) {
      gate.giveBack();
      throw this.malformed(error);
    }
    for (const { metric, metadata } of translator.described)
      metrics.describe(tenant, metric, metadata);
    const admitted = await gate.commit();
    totals.commit(config().otlp.delta_state_series);
    await this.keepExemplars(tenant, translator.exemplars);
    for (const { attributes } of resources)
      for (const listener of this.listeners) listener(tenant, Object.fromEntries(attributes));
    return admitted;
  }

  private async keepExemplars(tenant: string, exemplars: readonly Exemplar[]): Promise<void> {
    const ordered = exemplars.toSorted((a, b) => a.timeMs - b.timeMs);
    const refused = await this.options.exemplars.append(tenant, ordered);
    if (refused > 0) this.options.counters.refused("out_of_order_exemplar", refused);
  }

  private malformed(error: unknown): unknown {
    this.options.counters.refused("malformed", 1);
    this.options.counters.requests("otlp", "refused");
    return error instanceof ProtobufError ? badRequest(error.message) : error;
  }
}

const decode = (body: Buffer, encoding: OtlpEncoding): OtlpResource[] =>
  encoding === "json" ? readOtlpJson(body) : new OtlpProtobufReader().read(body);

async function translate(
  resources: readonly OtlpResource[],
  translator: OtlpTranslator,
): Promise<void> {
  let turnMs = performance.now();
  for (const resource of resources) {
    for (const _ of translator.resource(resource)) {
      if (performance.now() - turnMs < SLICE_MS) continue;
      await nextTurn();
      turnMs = performance.now();
    }
  }
}
