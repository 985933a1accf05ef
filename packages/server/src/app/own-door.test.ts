import { createServer, get, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

import { afterEach, expect, it, vi } from "vitest";

import { isOwn } from "../serve/http/own-requests.ts";
import { OwnDoor } from "./own-door.ts";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

const tell: RequestListener = (request, response) =>
  void response.writeHead(isOwn(request) ? 200 : 403).end(request.url);

async function open(answer: RequestListener) {
  const door = new OwnDoor(answer);
  closers.push(() => door.close());
  await door.open();
  return door;
}

/** The status of an answer; what went wrong where there is none. */
const statusOf = (port: number, agent?: false) =>
  new Promise<number | string>((resolve) => {
    get({ host: "127.0.0.1", port, ...(agent === undefined ? {} : { agent }) }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    }).once("error", (error) => resolve(error.message));
  });

it("asks one question after the other over one connection, as the process itself", async () => {
  const seen = new Set<unknown>();
  const door = await open((request, response) => {
    seen.add(request.socket);
    tell(request, response);
  });
  for (let i = 0; i < 5; i++) expect(await door.ask(`/q?n=${i}`)).toBe(200);
  expect(seen.size).toBe(1);
});

it("answers nobody else, before or after it has asked", async () => {
  const answer = vi.fn<RequestListener>(tell);
  const door = await open(answer);
  expect(await statusOf(door.port, false)).toMatch(/hang up|reset/i);
  expect(await door.ask("/")).toBe(200);
  expect(await statusOf(door.port, false)).toMatch(/hang up|reset/i);
  expect(answer).toHaveBeenCalledOnce();
});

it("makes no other request one of its own", async () => {
  const server = createServer(tell).listen(0, "127.0.0.1");
  closers.push(() => server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  expect(await statusOf((server.address() as AddressInfo).port)).toBe(403);
});
