import type { AddressInfo } from "node:net";

import type { ServerMessage } from "@fleetlight/contract";
import { createServer, type Server } from "node:http";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { WebSocket as PeerSocket } from "ws";
import { WebSocketServer } from "ws";

import { LiveConnection } from "./connection.ts";

let http: Server;
let wss: WebSocketServer;
let peers: PeerSocket[];
let said: unknown[];
let greeting: object;
let connection: LiveConnection;
let heard: ServerMessage[];

beforeEach(async () => {
  peers = [];
  said = [];
  heard = [];
  greeting = { type: "hello", protocol: 1, server: "fleetlight", version: "0.1.0", topics: [] };
  http = createServer();
  wss = new WebSocketServer({ server: http });
  wss.on("connection", (peer) => {
    peers.push(peer);
    peer.on("message", (data) => said.push(JSON.parse(String(data))));
    peer.send(JSON.stringify(greeting));
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const { port } = http.address() as AddressInfo;
  connection = new LiveConnection(
    {
      url: () => `ws://127.0.0.1:${port}/ws`,
      open: (url) => new WebSocket(url),
      now: () => Date.now(),
      random: () => 0,
    },
    (message) => heard.push(message),
  );
});

afterEach(async () => {
  connection.stop();
  for (const peer of wss.clients) peer.terminate();
  wss.close();
  await new Promise((resolve) => http.close(resolve));
});

const until = (check: () => void) => vi.waitFor(check, { timeout: 15_000, interval: 10 });

test("subscribes to what every page shows once it is greeted", async () => {
  connection.start();
  await until(() => expect(said).toHaveLength(1));
  expect(connection.state.phase).toBe("live");
  expect(said[0]).toEqual({
    type: "subscribe",
    topics: ["overview", "health", "alerts", "events"],
  });
});

test("follows the series of everybody who looks, once each, and lets go with the last", async () => {
  connection.start();
  await until(() => expect(connection.state.phase).toBe("live"));
  const first = connection.follow("up");
  const second = connection.follow("up");
  const other = connection.follow("node_load1");
  await until(() =>
    expect(said.at(-1)).toEqual({
      type: "subscribe",
      topics: ["samples"],
      match: ["up", "node_load1"],
    }),
  );
  first();
  other();
  await until(() =>
    expect(said.at(-1)).toEqual({ type: "subscribe", topics: ["samples"], match: ["up"] }),
  );
  second();
  await until(() => expect(said.at(-1)).toEqual({ type: "unsubscribe", topics: ["samples"] }));
});

test("comes back after the connection broke, and asks for the same series again", async () => {
  connection.start();
  connection.follow("up");
  await until(() =>
    expect(said).toContainEqual({ type: "subscribe", topics: ["samples"], match: ["up"] }),
  );
  const phases: string[] = [];
  connection.watch(() => phases.push(connection.state.phase));
  said = [];
  peers[0]?.terminate();
  await until(() => expect(phases).toEqual(["down", "live"]));
  await until(() =>
    expect(said).toContainEqual({ type: "subscribe", topics: ["samples"], match: ["up"] }),
  );
});

test("hands on every message in order", async () => {
  connection.start();
  await until(() => expect(peers).toHaveLength(1));
  peers[0]?.send(JSON.stringify({ type: "service_removed", id: "a" }));
  peers[0]?.send(JSON.stringify({ type: "service_removed", id: "b" }));
  await until(() => expect(heard).toHaveLength(3));
  expect(heard.slice(1)).toEqual([
    { type: "service_removed", id: "a" },
    { type: "service_removed", id: "b" },
  ]);
});

test("does not speak to a server of another protocol", async () => {
  const warned = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  greeting = { ...greeting, protocol: 99 };
  connection.start();
  await until(() => expect(connection.state.phase).toBe("down"));
  expect(said).toEqual([]);
  expect(warned).toHaveBeenCalledWith(expect.stringContaining("protocol 99"));
  warned.mockRestore();
});

test("stays quiet once stopped", async () => {
  connection.start();
  await until(() => expect(connection.state.phase).toBe("live"));
  connection.stop();
  await until(() => expect(wss.clients.size).toBe(0));
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(peers).toHaveLength(1);
});
