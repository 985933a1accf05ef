import { ProtobufWriter } from "../../packages/server/src/lib/index.ts";

/** Attributes by name; whole numbers travel as int64. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** Writes what all signals of OTLP's protobuf have. */
export class OtlpWriter extends ProtobufWriter {
  private readonly words = new Uint32Array(2);

  attributes(field: number, attributes: Attributes): void {
    for (const [name, value] of Object.entries(attributes))
      this.message(field, () => {
        this.string(1, name);
        this.message(2, () => {
          if (typeof value === "string") this.string(1, value);
          else if (typeof value === "boolean") this.uint(2, Number(value));
          else if (Number.isInteger(value)) this.int64(3, value);
          else this.double(4, value);
        });
      });
  }

  fixed64(field: number, value: bigint): void {
    this.words[0] = Number(value & 0xffff_ffffn);
    this.words[1] = Number(value >> 32n);
    this.doubleAt(field, this.words, 0);
  }

  /** A process of a fleet as its resource. */
  resource(field: number, service: string, pod: number): void {
    this.message(field, () =>
      this.attributes(1, {
        "service.name": service,
        "service.version": "2.4.1",
        "service.instance.id": `${service}-7d9c5b-${pod}`,
        "host.name": `node-${pod}`,
        "deployment.environment.name": "production",
        "telemetry.sdk.language": "nodejs",
        "telemetry.sdk.name": "opentelemetry",
        "telemetry.sdk.version": "2.2.0",
      }),
    );
  }
}
