import type { RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

import { FleetlightError } from "#lib";
import {
  createHttp,
  type createHttpInstruments,
  type Doors,
  type FrontDoor,
  type RealtimeHub,
} from "#serve";

interface Listener {
  url: string;
  /** Answers a request that came another way than through this door. */
  answer: RequestListener;
  close(): Promise<void>;
}

const REASONS: Record<string, string> = {
  EADDRINUSE: "another program listens there; choose another port with --port",
  EACCES: "this user may not listen there; choose a port above 1023",
  EADDRNOTAVAIL: "this machine has no such address; check server.host",
};

interface ListenOptions {
  doors: Doors;
  /** Answers `/ws`, where there is one. */
  hub?: RealtimeHub;
  instruments: ReturnType<typeof createHttpInstruments>;
  port: number;
  /** Only the paths of OTLP. */
  only?: "otlp";
}

type MainDoor = Pick<ListenOptions, "doors" | "instruments"> & { hub: RealtimeHub };

/** Goes behind a door that is open already, and answers those who wait there. */
export async function listenBehind(
  door: FrontDoor,
  { doors, hub, instruments }: MainDoor,
): Promise<Listener> {
  let handler: RequestListener = (_request, response) => response.writeHead(503).end();
  const app = createHttp(doors, instruments, {
    front: { door, onHandler: (given) => (handler = given) },
  });
  hub.attach(app.server);
  await app.ready();
  door.attach(handler);
  const { address, port, family } = door.server.address() as AddressInfo;
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${port}`,
    answer: (request, response) => void door.server.emit("request", request, response),
    close: async () => {
      await app.close();
      door.server.close();
      door.server.closeAllConnections();
    },
  };
}

/** Opens one door: HTTP and `/ws` on a port. */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { doors, hub, instruments, port, only } = options;
  const { host, tls } = doors.config().server;
  const app = createHttp(doors, instruments, { ...(only && { only }) });
  hub?.attach(app.server);
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    const reason =
      error instanceof Error && "code" in error ? REASONS[String(error.code)] : undefined;
    if (reason === undefined) throw error;
    // Without the cause: its message says the same in the system's words.
    throw new FleetlightError("listen_failed", 500, `cannot listen on ${host}:${port}: ${reason}`);
  }
  const address = app.server.address() as AddressInfo;
  const shown = host.includes(":") ? `[${host}]` : host;
  return {
    url: `${tls === undefined ? "http" : "https"}://${shown}:${address.port}`,
    answer: (request, response) => void app.server.emit("request", request, response),
    close: () => app.close(),
  };
}
