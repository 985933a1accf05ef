import { connect, isIP, type LookupFunction, type Socket } from "node:net";

import type { AddressFilter } from "./outbound-address.ts";
import { blockedAddress, explainFailure, outboundError } from "./outbound-errors.ts";

export interface ConnectOptions {
  timeoutMs: number;
  signal?: AbortSignal;
}

/**
 * A plain TCP connection to an allowed address, for what does not speak HTTP; TLS may be put on top of it.
 * @throws FleetlightError with the codes of `Outbound.request`.
 */
export async function connectGuarded(
  host: string,
  port: number,
  { timeoutMs, signal }: ConnectOptions,
  guard: { filter: AddressFilter; lookup: LookupFunction },
): Promise<Socket> {
  const where = `${host}:${port}`;
  // No look-up happens for a host that is written as an address.
  const reason = isIP(host) === 0 ? null : guard.filter(host);
  if (reason !== null) throw blockedAddress(host, host, reason);
  return await new Promise<Socket>((resolve, reject) => {
    const socket = connect({ host, port, lookup: guard.lookup, keepAlive: true });
    const fail = (error: unknown): void => {
      finish();
      socket.on("error", () => undefined);
      socket.destroy();
      reject(explainFailure(error, where));
    };
    const onAbort = (): void =>
      fail(outboundError("outbound_failed", `the connection to ${where} was cancelled`));
    const timer = setTimeout(
      () => fail(outboundError("outbound_timeout", `no connection to ${where} in time`)),
      timeoutMs,
    );
    const finish = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      socket.off("error", fail);
    };
    socket.once("error", fail);
    socket.once("connect", () => {
      finish();
      resolve(socket);
    });
    signal?.addEventListener("abort", onAbort, { once: true });
    if (signal?.aborted) onAbort();
  });
}
