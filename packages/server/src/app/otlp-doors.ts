import type { Registry } from "@fleetlight/sdk";

import { describeError } from "#lib";
import { GrpcDoor, type createHttpInstruments, type Doors } from "#serve";

import { listen } from "./listen.ts";

interface Options {
  doors: Doors;
  instruments: ReturnType<typeof createHttpInstruments>;
  registry: Registry;
}

/** Where OTLP is taken besides the main port; undefined where nothing listens. */
export interface OtlpDoors {
  grpcPort: number | undefined;
  httpUrl: string | undefined;
  close(): Promise<void>;
}

/**
 * Opens the ports that OpenTelemetry has of its own. A collector on the same machine may have them already, which is no
 * reason not to start: the main port takes OTLP as well.
 */
export async function openOtlpDoors({ doors, instruments, registry }: Options): Promise<OtlpDoors> {
  const { config, logger, ingest } = doors;
  const { host } = config().server;
  const open = async <T>(
    setting: "grpc_port" | "http_port",
    start: (port: number) => Promise<T>,
  ): Promise<T | undefined> => {
    const port = config().otlp[setting];
    if (port === "off") return undefined;
    return start(port).catch((error: unknown) => {
      logger.warn(
        { error: describeError(error) },
        `OTLP is not taken on ${host}:${port}: another program may listen there; otlp.${setting} names another port, or off`,
      );
      return undefined;
    });
  };
  const grpc = await open("grpc_port", (port) =>
    GrpcDoor.open({ ingest, config, logger, registry }, host, port),
  );
  const http = await open("http_port", (port) =>
    listen({ doors, instruments, port, only: "otlp" }),
  );
  return {
    grpcPort: grpc?.port,
    httpUrl: http?.url,
    close: async () => {
      await Promise.all([grpc?.close(), http?.close()]);
    },
  };
}
