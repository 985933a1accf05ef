import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";

import { afterEach, beforeEach, expect, it } from "vitest";

import { until } from "../fixture.ts";
import { TailRoom } from "./tail-room.ts";

interface Row {
  id: number;
  text: string;
}

let room: TailRoom<Row>;
let dropped: number;
let refused: number;
let responses: ServerResponse[];
let tenants: string[];
const server = createServer((_request, response) => {
  responses.push(response);
  response.writeHead(200).flushHeaders();
  room.follow(tenants.shift() ?? "default", ({ id }) => id % 2 === 0, response);
});
const sockets: Socket[] = [];

beforeEach(async () => {
  [dropped, refused, responses, tenants] = [0, 0, [], []];
  room = new TailRoom<Row>({
    event: "rows",
    view: (row) => row,
    onDropped: (count) => (dropped += count),
    onRefused: () => refused++,
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server.close();
  await once(server, "close");
});

/** A client; what it got is in `text` as far as it reads. */
async function client(paused = false) {
  const before = room.size;
  const got = { text: "" };
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  sockets.push(socket);
  if (!paused) socket.on("data", (data) => (got.text += String(data)));
  socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await until(
    () => room.size,
    (size) => size === before + 1,
  );
  return { got, socket };
}

const rows = (count: number, text = ""): Row[] =>
  Array.from({ length: count }, (_, id) => ({ id, text }));
const turn = () => new Promise((resolve) => setTimeout(resolve, 20));

it("sends what fits the filter, to its tenant", async () => {
  tenants.push("default", "other");
  const [ours, theirs] = [await client(), await client()];
  room.hear("default", rows(5));
  await turn();
  room.flush();
  const text = await until(
    () => ours.got.text,
    (found) => found.includes("event: rows"),
  );
  expect(text).toContain('data: [{"id":0,"text":""},{"id":2,"text":""},{"id":4,"text":""}]');
  expect(theirs.got.text).not.toContain("rows");
});

it("drops the oldest for a client that reads too slowly, counts it, and tells", async () => {
  const { got, socket } = await client(true);
  for (let i = 0; i < 40; i++) {
    room.hear("default", rows(1000, "x".repeat(2000)));
    await turn();
    room.flush();
  }
  socket.on("data", (data) => (got.text += String(data)));
  socket.resume();
  await until(
    () => {
      room.flush();
      return got.text;
    },
    (text) => text.includes("event: dropped") && dropped > 0,
  );
  expect(responses[0]?.writableLength).toBeLessThan(2 << 20);
  const told = /event: dropped\ndata: \{"count":(\d+),/.exec(got.text)?.[1];
  expect(Number(told)).toBeGreaterThan(0);
});

it("drops whole batches when far too much comes at once", async () => {
  const { got } = await client();
  for (let i = 0; i < 12; i++) room.hear("default", rows(20_000));
  await until(
    () => {
      room.flush();
      return got.text;
    },
    (text) => text.includes('"id":19998'),
  );
  expect(dropped).toBeGreaterThan(100_000);
});

it("says goodbye, and lets go of those who left", async () => {
  const [left, stays] = [await client(), await client()];
  left.socket.destroy();
  await until(
    () => room.size,
    (size) => size === 1,
  );
  room.stop();
  await until(
    () => stays.got.text,
    (text) => text.includes("event: end\ndata: {}"),
  );
  expect(room.size).toBe(0);
});

it("refuses more clients than it has room for", async () => {
  room.admit();
  for (let i = 0; i < 200; i++) await client();
  expect(() => room.admit()).toThrow(/200 clients/);
  expect(refused).toBe(1);
}, 30_000);
