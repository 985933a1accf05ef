import { createServer } from "node:net";

import {
  startDemo,
  startWebhookReceiver,
  type Demo,
  type Scenario,
  type WebhookReceiver,
} from "@fleetlight/demo";
import {
  ConfigShape,
  createConfigManager,
  inspectSetting,
  keysOf,
  type ConfigInput,
} from "@fleetlight/server/config";
import { createLogger, describeError, type LogLevel } from "@fleetlight/server/lib";
import { join } from "node:path";

import { listenForStop, stopWithin } from "../signals.ts";

export interface DemoOptions {
  scenario: Scenario;
  port?: number;
  dataDir?: string;
  logLevel: LogLevel;
}

/** Ctrl-C ends everything within five seconds; the rest of them is for the process itself. */
const STOP_LIMIT_MS = 4500;
const SUMMARY_LIMIT_MS = 1000;

const HOST = "127.0.0.1";

const WHAT_HAPPENS: Record<Scenario, string> = {
  calm: "Everything works: look around, stop a service in your own fleet, add a rule.",
  outage:
    "About 20 seconds from now one service breaks. An alert fires within seconds, a notification reaches\n" +
    "  the webhook and is told here; 40 seconds later the service recovers and the alert resolves. Then again.",
  overload:
    "After 15 seconds the load grows beyond what the agents can do, stays there for a while, and falls again:\n" +
    "  watch latencies, queues and the alerts about them.",
};

const say = (text: string): void => void process.stdout.write(`${text}\n`);

function fallbackOf(...path: string[]): unknown {
  let setting = inspectSetting(ConfigShape);
  for (const key of path) {
    const schema = keysOf(setting)?.[key];
    if (!schema) throw new Error(`no setting ${path.join(".")}`);
    setting = inspectSetting(schema);
  }
  return setting.fallback;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, HOST, () => probe.close(() => resolve(true)));
  });
}

async function choosePort(wanted: number | undefined): Promise<number> {
  if (wanted !== undefined) return wanted;
  const usual = Number(fallbackOf("server", "port"));
  if (await isFree(usual)) return usual;
  say(`Port ${usual} is in use; the demo takes a free one. (--port chooses.)`);
  return 0;
}

/** Short intervals, so that a failure and its alert can be watched without patience. */
const settings = (
  port: number,
  dataDir: string,
  level: LogLevel,
  webhook: string,
): ConfigInput => ({
  server: { host: HOST, port },
  monitoring: { refresh_interval: "2s", health_check_interval: "2s" },
  checks: { failure_threshold: 1, timeout: "2s" },
  host: { interval: "5s" },
  alerting: { evaluation_interval: "5s" },
  notifications: { webhook: { url: webhook } },
  storage: { data_dir: dataDir },
  logging: { level, format: "pretty" },
});

function greet(url: string, options: DemoOptions, demo: Demo, dataDir: string): void {
  say(`
  Fleetlight is ready: ${url}

  ${demo.services.length} services work for one another, and Fleetlight watches them. Scenario: ${options.scenario}.
  ${WHAT_HAPPENS[options.scenario]}

  Console    ${url}/dashboard
  API        ${url}/openapi.json
  Webhook    ${demo.webhookUrl}
  Data       ${dataDir}

  Ctrl-C stops everything.
`);
}

interface Running {
  demo?: Demo;
  server?: { stop(): Promise<void> };
  receiver: WebhookReceiver;
}

/** The fleet first, so that its end is not recorded as an outage of every service; each stops even if one before failed. */
async function stopAll({ demo, server, receiver }: Running): Promise<void> {
  try {
    await demo?.stop();
  } finally {
    try {
      await server?.stop();
    } finally {
      await receiver.stop();
    }
  }
}

/** The dashboard in a few lines; a server that does not answer in time leaves the demo without one. */
async function summarize(running: Running): Promise<string> {
  let summary = "";
  try {
    await stopWithin(SUMMARY_LIMIT_MS, async () => {
      summary = (await running.demo?.summary()) ?? "";
    });
  } catch (error) {
    summary = `No summary: ${describeError(error)}`;
  }
  return summary;
}

/**
 * Runs the server in this process and a fleet in another one until it is asked to stop.
 * @returns the exit code: 0 after an orderly stop, 1 when it took too long.
 */
export async function demo(options: DemoOptions, version: string): Promise<number> {
  const signal = listenForStop(() => process.exit(1));
  let stopping = false;
  const onMessage = (line: string): void => {
    if (!stopping) say(`  ${new Date().toLocaleTimeString("en-GB")}  ${line}`);
  };
  const dataDir = options.dataDir ?? join(String(fallbackOf("storage", "data_dir")), "demo");
  const port = await choosePort(options.port);
  const receiver = await startWebhookReceiver({ onMessage });
  const running: Running = { receiver };
  try {
    // The environment is for `serve`: a demo looks the same on every machine.
    const overrides = settings(port, dataDir, options.logLevel, receiver.url);
    const manager = createConfigManager({ env: {}, overrides });
    const logger = createLogger(manager.current().logging, { version });
    const { startServer } = await import("@fleetlight/server");
    const server = await startServer({ manager, logger, version });
    running.server = server;
    running.demo = await startDemo({
      serverUrl: server.url,
      scenario: options.scenario,
      receiver,
      onMessage,
    });
    greet(server.url, options, running.demo, dataDir);
  } catch (error) {
    await stopWithin(STOP_LIMIT_MS, () => stopAll(running));
    throw error;
  }
  await signal.requested;
  stopping = true;
  let summary = "";
  const stopped = await stopWithin(STOP_LIMIT_MS, async () => {
    summary = await summarize(running);
    await stopAll(running);
  });
  say(`\n${summary}`);
  say(
    stopped
      ? "Everything has stopped."
      : "Stopping took too long; what is left ends with this process.",
  );
  return stopped ? 0 : 1;
}
