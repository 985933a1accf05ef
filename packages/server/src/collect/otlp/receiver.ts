import { setImmediate as nextTurn } from "node:timers/promises";

import { badRequest, ProtobufError } from "#lib";
import type { ExemplarStore } from "#store";

import { Gate, type Admitted, type GateContext } from "../limits/gate.ts";
import type { Config } from "#config";

import type { OtlpResource } from "./model.ts";
import { readOtlpJson } from "./read-json.ts";
import { OtlpProtobufReader } from "./read-protobuf.ts";
import { DeltaTotals, StagedTotals } from "./totals.ts";
import { OtlpTranslator } from "./translate.ts";

/** How long a body may keep the event loop before others have a turn. */
const SLICE_MS = 8;

export type OtlpEncoding = "protobuf" | "json";

interface Options extends GateContext {
  config: () => Pick<Config, "ingest" | "limits" | "storage" | "otlp">;
  exemplars: ExemplarStore;
}

/** Takes metrics over OTLP/HTTP: https://opentelemetry.io/docs/specs/otlp/ and .../compatibility/prometheus_and_openmetrics/ */
export class OtlpReceiver {
  private readonly options: Options;
  private readonly totals = new DeltaTotals();

  constructor(options: Options) {
    this.options = options;
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
  async write(tenant: string, body: Buffer, encoding: OtlpEncoding): Promise<Admitted> {
    const { counters, config, metrics, exemplars } = this.options;
    const resources = this.decode(body, encoding);
    const gate = new Gate(tenant, "otlp", this.options);
    const totals = new StagedTotals(this.totals);
    const translator = new OtlpTranslator(gate, config().otlp, totals);
    let turnMs = performance.now();
    for (const resource of resources) {
      for (const _ of translator.resource(resource)) {
        if (performance.now() - turnMs < SLICE_MS) continue;
        await nextTurn();
        turnMs = performance.now();
      }
    }
    for (const { metric, metadata } of translator.described)
      metrics.describe(tenant, metric, metadata);
    const admitted = await gate.commit();
    totals.commit(config().otlp.delta_state_series);
    const refused = await exemplars.append(
      tenant,
      translator.exemplars.toSorted((a, b) => a.timeMs - b.timeMs),
    );
    if (refused > 0) counters.refused("out_of_order_exemplar", refused);
    return admitted;
  }

  private decode(body: Buffer, encoding: OtlpEncoding): OtlpResource[] {
    try {
      return encoding === "json" ? readOtlpJson(body) : new OtlpProtobufReader().read(body);
    } catch (error) {
      this.options.counters.refused("malformed", 1);
      this.options.counters.requests("otlp", "refused");
      throw error instanceof ProtobufError ? badRequest(error.message) : error;
    }
  }
}
