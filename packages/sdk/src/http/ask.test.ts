import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

import { afterEach, describe, expect, it } from "vitest";

import { askBy } from "./ask.ts";
import type { Ask, Question } from "./ask.ts";
import { askBySockets } from "./sockets.ts";

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

type Route = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void;

/** A server that keeps apart which connection a request came over. */
async function serve(route: Route) {
  const connections: number[] = [];
  const known: Socket[] = [];
  const server = createServer((request, response) => {
    if (!known.includes(request.socket)) known.push(request.socket);
    connections.push(known.indexOf(request.socket));
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => route(request, response, Buffer.concat(chunks)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, connections };
}

const question = (url: string, more: Partial<Question> = {}): Question => ({
  method: "POST",
  url,
  headers: { "content-type": "text/plain", "x-tenant": "a" },
  body: "günther",
  timeoutMs: 5000,
  maxAnswerBytes: 1000,
  ...more,
});

const text = (body: Uint8Array | null): string | null =>
  body === null ? null : new TextDecoder().decode(body);

describe.each<[string, Ask]>([
  ["sockets", askBySockets({ background: false })],
  ["sockets in the background", askBySockets({ background: true })],
  ["fetch", askBy(fetch)],
])("asking through %s", (way, ask) => {
  it("sends method, headers and body, and answers whatever the status is", async () => {
    const { url } = await serve((request, response, body) => {
      const { method, headers } = request;
      const seen = [method, headers["x-tenant"], headers["content-length"], body.toString()];
      response.writeHead(429, { "retry-after": "7" }).end(JSON.stringify(seen));
    });
    const { status, retryAfter, body } = await ask(question(url));
    expect([status, retryAfter]).toEqual([429, "7"]);
    expect(JSON.parse(text(body) ?? "")).toEqual(["POST", "a", "8", "günther"]);
  });

  it("sends a part of a larger buffer as it is", async () => {
    const { url } = await serve((_, response, body) => response.end(body.toString("hex")));
    const body = new Uint8Array([1, 2, 3, 4, 5]).subarray(1, 4);
    expect(text((await ask(question(url, { body }))).body)).toBe("020304");
  });

  it("reads no more of an answer than was asked for", async () => {
    const { url } = await serve((_, response) => response.end("x".repeat(5_000_000)));
    expect(await ask(question(url))).toMatchObject({ status: 200, body: null });
  });

  it("gives up after its time, also in the middle of an answer", async () => {
    const { url } = await serve((_, response) => response.write("half"));
    await expect(ask(question(url, { timeoutMs: 100 }))).rejects.toMatchObject({
      name: "TimeoutError",
    });
  });

  it("rejects where an answer breaks off", async () => {
    const { url } = await serve((request, response) => {
      response.writeHead(200, { "content-length": 10 }).write("half");
      setTimeout(() => request.socket.destroy(), 20);
    });
    await expect(ask(question(url))).rejects.toThrow(/./);
  });

  it.skipIf(way === "fetch")("uses a connection again", async () => {
    const { url, connections } = await serve((_, response) => response.end());
    for (let turn = 0; turn < 4; turn++) await ask(question(url));
    expect(connections).toEqual([0, 0, 0, 0]);
  });

  it.skipIf(way === "fetch")(
    "takes a new connection where the server closed the old one",
    async () => {
      let asked = 0;
      const { url, connections } = await serve((request, response) => {
        if (++asked === 2) request.socket.resetAndDestroy();
        else response.end("yes");
      });
      await ask(question(url));
      expect(text((await ask(question(url))).body)).toBe("yes");
      expect(connections).toEqual([0, 0, 1]);
    },
  );

  it.skipIf(way === "fetch")("does not follow redirects", async () => {
    const { url } = await serve((_, response) => {
      response.writeHead(302, { location: "http://127.0.0.1:1/" }).end();
    });
    expect((await ask(question(url))).status).toBe(302);
  });
});
