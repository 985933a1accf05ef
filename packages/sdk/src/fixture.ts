import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { spansOf } from "./fixture-otlp.ts";
import type { SentSpan } from "./fixture-otlp.ts";

export type Asked = {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  body: string;
};

/** Answers what a test wants; everything else of `/v1/traces` is taken. */
type Route = (asked: Asked, response: ServerResponse) => boolean | void;

/** A real server that takes spans as Fleetlight does, and keeps them for a test to look at. */
export async function startCollector(route: Route = () => false) {
  const requests: Asked[] = [];
  const received: SentSpan[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      const bytes = Buffer.concat(chunks);
      const asked = { method, path: url, headers, body: bytes.toString() };
      requests.push(asked);
      if (route(asked, response) === true) return;
      if (url === "/v1/traces") received.push(...spansOf(bytes));
      response.writeHead(200, { "content-type": headers["content-type"] ?? "text/plain" }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    /** Every span that came, those that had not ended too, in the order in which they came. */
    received,
    ended: () => received.filter(({ endTimeUnixNano }) => endTimeUnixNano !== 0n),
    named: (name: string): SentSpan => {
      const found = received.findLast((one) => one.name === name);
      if (found === undefined) throw new Error(`no span ${name} came`);
      return found;
    },
    stop: () => {
      server.closeAllConnections();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

export type Collector = Awaited<ReturnType<typeof startCollector>>;
