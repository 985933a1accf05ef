import type { Socket } from "node:net";

import { builtin } from "../builtin.ts";
import type { Ask } from "../http/ask.ts";
import type { ComponentCheck, ComponentReport } from "./components.ts";

/** Something elsewhere that the process needs. */
export type Dependency =
  | { type: "http"; url: string }
  | {
      type: "postgresql" | "redis" | "mysql" | "mongodb" | "amqp" | "kafka" | "tcp";
      host: string;
      /** The usual one of its type when left out; `tcp` has none. */
      port?: number;
    };

type Protocol = {
  port: number;
  /** A question that needs no password; where there is none, being connected says enough. */
  question?: Uint8Array;
  judge?: (answer: Buffer) => ComponentReport;
};

const healthy: ComponentReport = { status: "healthy" };
const strange = (what: string): ComponentReport => ({
  status: "unhealthy",
  message: `it answers, but not as ${what} does`,
});

const PROTOCOLS: Record<Exclude<Dependency["type"], "http">, Protocol> = {
  postgresql: {
    port: 5432,
    // Whether it speaks TLS: answered by one letter before anybody signs in.
    question: Uint8Array.of(0, 0, 0, 8, 4, 210, 22, 47),
    judge: ([letter]) => (letter === 0x53 || letter === 0x4e ? healthy : strange("PostgreSQL")),
  },
  redis: {
    port: 6379,
    question: new TextEncoder().encode("PING\r\n"),
    judge: (answer) => {
      const line = answer.toString("latin1").split("\r\n", 1)[0] ?? "";
      // Who asks for a password is there.
      if (line === "+PONG" || line.startsWith("-NOAUTH")) return healthy;
      return line.startsWith("-") ? { status: "degraded", message: line } : strange("Redis");
    },
  },
  mysql: { port: 3306 },
  mongodb: { port: 27_017 },
  amqp: { port: 5672 },
  kafka: { port: 9092 },
  tcp: { port: 0 },
};

const MAX_ANSWER_BYTES = 65_536;

/** @throws TypeError when there is no such type, or an address is missing or none. */
export const checksOf = (
  dependencies: Readonly<Record<string, Dependency>>,
  ask: Ask,
  timeoutMs: number,
): Record<string, ComponentCheck> =>
  Object.fromEntries(
    Object.entries(dependencies).map(([name, one]) => [name, checkOf(one, ask, timeoutMs)]),
  );

function checkOf(dependency: Dependency, ask: Ask, timeoutMs: number): ComponentCheck {
  if (dependency.type === "http") {
    const { href } = new URL(dependency.url);
    return () => page(href, ask, timeoutMs);
  }
  const { type, host } = dependency;
  const protocol = Object.hasOwn(PROTOCOLS, type) ? PROTOCOLS[type] : undefined;
  if (protocol === undefined)
    throw new TypeError(`there is no type ${String(type)} of dependencies`);
  const port = dependency.port ?? protocol.port;
  if (typeof host !== "string" || host === "" || !(port > 0 && port < 65_536)) {
    throw new TypeError(`a dependency of type ${type} needs a host and a port`);
  }
  return (signal) => connection({ host, port }, protocol, signal);
}

async function page(url: string, ask: Ask, timeoutMs: number): Promise<ComponentReport> {
  const question = { method: "GET", url, headers: {}, timeoutMs };
  const { status } = await ask({ ...question, maxAnswerBytes: MAX_ANSWER_BYTES });
  if (status < 400) return healthy;
  return { status: status < 500 ? "degraded" : "unhealthy", message: `it answered ${status}` };
}

function connection(
  address: { host: string; port: number },
  { question, judge }: Protocol,
  signal: AbortSignal,
): Promise<ComponentReport> {
  const socket: Socket = builtin("node:net").connect({ ...address, signal });
  return new Promise<ComponentReport>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("it closed the connection")));
    socket.on("connect", () => {
      if (question === undefined) resolve(healthy);
      else socket.write(question);
    });
    socket.on("data", (answer: Buffer) => resolve(judge?.(answer) ?? healthy));
  }).finally(() => socket.destroy());
}
