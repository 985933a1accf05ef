import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

import { createFleetlightClient } from "@fleetlight/sdk";

import { isFleetMessage } from "./messages.ts";
import type { Scenario } from "./scenarios.ts";
import { dashboardSummary } from "./summary.ts";
import { startWebhookReceiver } from "./webhook-receiver.ts";
import type { WebhookReceiver } from "./webhook-receiver.ts";

export type DemoOptions = {
  serverUrl: string;
  scenario: Scenario;
  /** Bearer token of the server. */
  token?: string;
  /** Told one readable line at a time: what breaks, what was notified. */
  onMessage: (line: string) => void;
  /** A receiver that runs already; a new one is started (and stopped with the demo) when left out. */
  receiver?: WebhookReceiver;
  /** `free` does not try the ports 8001-8012 at all. */
  ports?: "catalogue" | "free";
  /** Other times of outage as `first,lasts,every` in seconds. */
  outage?: string;
};

export type Demo = {
  readonly webhookUrl: string;
  readonly services: { id: string; url: string }[];
  /** Process of the fleet. */
  readonly pid: number;
  /** The dashboard in a few lines, for the end of the demo; ask for it while the server still runs. */
  summary(): Promise<string>;
  /** Ends the fleet (the server keeps what it knows of it) and the receiver, if the demo started it. */
  stop(): Promise<void>;
};

const START_LIMIT_MS = 20_000;
const STOP_LIMIT_MS = 3000;
/** Enough for twelve small services; a leak shows before it hurts the machine. */
const HEAP_LIMIT_MB = 128;

function forkFleet(options: DemoOptions): ChildProcess {
  const args = ["--server", options.serverUrl, "--scenario", options.scenario];
  if (options.ports === "free") args.push("--free-ports");
  if (options.outage !== undefined) args.push("--outage", options.outage);
  return fork(fileURLToPath(new URL("fleet-main.ts", import.meta.url)), args, {
    execArgv: [`--max-old-space-size=${HEAP_LIMIT_MB}`],
    // The token goes by environment: arguments can be read by every user of the machine.
    env: {
      ...process.env,
      ...(options.token === undefined ? {} : { FLEETLIGHT_TOKEN: options.token }),
    },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
}

function ready(child: ChildProcess, onMessage: (line: string) => void): Promise<Demo["services"]> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`the demo fleet did not start within ${START_LIMIT_MS} ms`));
    }, START_LIMIT_MS);
    child.on("message", (message) => {
      if (!isFleetMessage(message)) return;
      if (message.type === "message") onMessage(message.text);
      if (message.type === "failed") reject(new Error(`the demo fleet failed: ${message.error}`));
      if (message.type === "ready") {
        clearTimeout(timer);
        resolve(message.services);
      }
    });
    child.once("error", reject);
    child.once("exit", (code) => {
      clearTimeout(timer);
      reject(new Error(`the demo fleet ended with exit code ${code ?? "none"}`));
    });
  });
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
  await exited;
  clearTimeout(timer);
}

/**
 * Starts the demo fleet in a process of its own and waits until it listens.
 * @throws Error when the fleet does not start; nothing is left running then.
 */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const { onMessage } = options;
  const receiver = options.receiver ?? (await startWebhookReceiver({ onMessage }));
  const child = forkFleet(options);
  let stopping = false;
  const stop = async (): Promise<void> => {
    stopping = true;
    await stopChild(child);
    if (options.receiver === undefined) await receiver.stop();
  };
  let services: Demo["services"];
  try {
    services = await ready(child, onMessage);
  } catch (error) {
    await stop();
    throw error;
  }
  child.once("exit", (code) => {
    if (!stopping) onMessage(`the demo fleet ended by itself (exit code ${code ?? "none"})`);
  });
  const client = createFleetlightClient({
    url: options.serverUrl,
    ...(options.token === undefined ? {} : { token: options.token }),
  });
  return {
    webhookUrl: receiver.url,
    services,
    pid: child.pid ?? 0,
    summary: () => dashboardSummary(client, receiver.count),
    stop,
  };
}
