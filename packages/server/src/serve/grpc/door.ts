import type * as Grpc from "@grpc/grpc-js";
import type { Registry } from "@fleetlight/sdk";

import type { Config } from "#config";
import { describeError, FleetlightError, type Logger } from "#lib";

import type { Ingest } from "../doors.ts";
import { authorize } from "../http/auth.ts";
import { readTls } from "../http/read-tls.ts";
import { tenantOf } from "../http/tenant.ts";
import { exportAnswer, signalsOf, type Signal } from "../signals.ts";
import { CODES, failureOf, type CallFailure } from "./status.ts";

/** Calls at once on one connection; the others wait at the client. */
const MAX_STREAMS = 100;
/** How long calls may go on when the server stops. */
const SHUTDOWN_MS = 2000;
/** Metadata of one call, in bytes. */
const MAX_METADATA = 16_384;

interface Options {
  ingest: Ingest;
  config: () => Config;
  logger: Logger;
  registry: Registry;
}

type Counters = ReturnType<typeof createGrpcInstruments>;

const createGrpcInstruments = (registry: Registry) => ({
  calls: registry.counter({
    name: "fleetlight_ingest_grpc_calls_total",
    help: "Calls over gRPC by the code that they ended with; UNREAD for messages that were too large, damaged or cut off.",
    labelNames: ["code"],
  }),
});

/** What a call's metadata says, as HTTP's headers do. */
function headersOf(metadata: Grpc.Metadata): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(metadata.getMap())) headers[name] = String(value);
  return headers;
}

const identity = (bytes: Buffer): Buffer => bytes;

/** Bytes come in and go out: the receivers read protobuf themselves. */
const methodOf = ({ method }: Signal): Grpc.MethodDefinition<Buffer, Buffer> => ({
  path: method,
  requestStream: false,
  responseStream: false,
  requestSerialize: identity,
  requestDeserialize: identity,
  responseSerialize: identity,
  responseDeserialize: identity,
});

/** OTLP over gRPC: https://opentelemetry.io/docs/specs/otlp/#otlpgrpc */
export class GrpcDoor {
  private readonly options: Options;
  private readonly grpc: typeof Grpc;
  private readonly server: Grpc.Server;
  private readonly counters: Counters;

  /** @throws FleetlightError when the certificate is not usable. */
  static async open(options: Options, host: string, port: number): Promise<GrpcDoor & Opened> {
    // Loaded when it is asked for: not every server has this door.
    const grpc = await import("@grpc/grpc-js");
    // It would write to the error stream past our log, in lines that nobody who reads JSON can read.
    grpc.setLogVerbosity(grpc.logVerbosity.NONE);
    const door = new GrpcDoor(options, grpc);
    return Object.assign(door, { port: await door.listen(host, port) });
  }

  private constructor(options: Options, grpc: typeof Grpc) {
    this.options = options;
    this.grpc = grpc;
    this.counters = createGrpcInstruments(options.registry);
    this.server = new grpc.Server({
      "grpc.max_receive_message_length": options.config().otlp.grpc_max_message_bytes,
      "grpc.max_concurrent_streams": MAX_STREAMS,
      "grpc.max_metadata_size": MAX_METADATA,
      interceptors: [(_method, call) => this.guarded(call)],
    });
    for (const signal of signalsOf(options.ingest))
      this.server.addService(
        { export: methodOf(signal) },
        { export: (call: UnaryCall, done: Done) => void this.take(signal, call, done) },
      );
  }

  /** Ends calls that go on, after a while also against their will. */
  async close(): Promise<void> {
    const force = setTimeout(() => this.server.forceShutdown(), SHUTDOWN_MS);
    await new Promise<void>((resolve) => this.server.tryShutdown(() => resolve()));
    clearTimeout(force);
  }

  private listen(host: string, port: number): Promise<number> {
    const { tls } = this.options.config().server;
    const { ServerCredentials } = this.grpc;
    const files = tls && readTls(tls);
    const credentials = files
      ? ServerCredentials.createSsl(null, [{ cert_chain: files.cert, private_key: files.key }])
      : ServerCredentials.createInsecure();
    const address = `${host.includes(":") ? `[${host}]` : host}:${port}`;
    return new Promise((resolve, reject) =>
      this.server.bindAsync(address, credentials, (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      ),
    );
  }

  /** Refuses a call before its message is read, and counts how each one ends. */
  private guarded(call: Grpc.ServerInterceptingCallInterface): Grpc.ServerInterceptingCall {
    let counted = false;
    const count = (code: string) => {
      if (!counted) this.counters.calls.inc({ code });
      counted = true;
    };
    return new this.grpc.ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, proceed) => {
            try {
              const headers = headersOf(metadata);
              authorize(this.options.config(), { headers }, "write");
              tenantOf({ headers });
            } catch (error) {
              const failure = failureOf(error);
              count(this.nameOf(failure.code));
              call.sendStatus(this.endOf(failure));
              return;
            }
            proceed(metadata);
          },
          // Without a status of ours the library ended the call before the message was whole.
          onCancel: () => count("UNREAD"),
        }),
      sendStatus: (status, next) => {
        count(this.nameOf(status.code ?? 0));
        next(status);
      },
    });
  }

  private nameOf(code: number): string {
    return this.grpc.status[code] ?? "UNKNOWN";
  }

  private async take(signal: Signal, call: UnaryCall, done: Done): Promise<void> {
    try {
      const headers = headersOf(call.metadata);
      const tenant = tenantOf({ headers });
      const { refused, messages } = await signal.write(tenant, call.request, "protobuf", headers);
      done(null, exportAnswer(signal.rejected, refused, messages.join("; "), "protobuf"));
    } catch (error) {
      const failure = failureOf(error);
      const { logger } = this.options;
      if (failure.code === CODES.internal)
        logger.error({ error: describeError(error) }, "a call over gRPC failed");
      else if (error instanceof FleetlightError && error.status >= 500)
        logger.warn({ code: error.code }, error.message);
      done(this.endOf(failure));
    }
  }

  private endOf({ code, details, retry }: CallFailure) {
    const metadata = new this.grpc.Metadata();
    if (retry !== undefined) metadata.set("grpc-status-details-bin", retry);
    return { code, details, metadata };
  }
}

type UnaryCall = Grpc.ServerUnaryCall<Buffer, Buffer>;
type Done = Grpc.sendUnaryData<Buffer>;

interface Opened {
  port: number;
}
