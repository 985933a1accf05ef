import {
  createConfigManager,
  type ConfigInput,
  type ConfigManager,
} from "@fleetlight/server/config";
import { createLogger, type Logger } from "@fleetlight/server/lib";
import { checkTemplates } from "@fleetlight/server/templates";

import type { EarlyDoor } from "../early-door.ts";
import { toOverrides, type ServerOptions } from "../server-options.ts";
import { listenForStop, stopWithin } from "../signals.ts";

/** Longest orderly stop, in ms; everything acknowledged is on disk by then, and a supervisor would kill soon. */
const STOP_LIMIT_MS = 8000;

function announce(url: string, logger: Logger, format: "auto" | "json" | "pretty"): void {
  const pretty = format === "pretty" || (format === "auto" && process.stdout.isTTY);
  if (!pretty) logger.info({ url }, "ready");
  if (pretty || !logger.isLevelEnabled("info"))
    process.stdout.write(`Fleetlight is ready: ${url}\n`);
}

/** Keeps the log in step with the configuration, and tells what became of each reload. */
function followConfiguration(manager: ConfigManager, logger: Logger): void {
  manager.onChange((next) => logger.reconfigure(next.logging.level));
  manager.onReload((result) => {
    if (!result.ok) {
      logger.error(
        { err: result.error },
        "the new configuration is refused; the one in force stays",
      );
      return;
    }
    logger.info({ changed: result.changed }, "the configuration was read again");
    if (result.restart_needed.length > 0) {
      logger.warn({ settings: result.restart_needed }, "some changes take effect after a restart");
    }
  });
  process.on("SIGHUP", () => void manager.reload());
}

/** A state that nobody foresaw: say what it was and end, because acknowledged data is already on disk. */
function endOnUnforeseenErrors(logger: Logger): void {
  const end = (err: unknown): void => {
    logger.fatal({ err }, "unforeseen error; the server ends");
    void logger.close().finally(() => process.exit(1));
  };
  process.on("uncaughtException", end);
  process.on("unhandledRejection", end);
}

/** Where the configuration of a server comes from. */
interface RunOptions {
  file?: string | undefined;
  env: NodeJS.ProcessEnv;
  overrides: ConfigInput;
  version: string;
  /** What is told before the server starts. */
  warnings?: readonly string[];
  /** A door that listens already. */
  door?: EarlyDoor | undefined;
}

/**
 * Runs the server until it is asked to stop.
 * @returns the exit code: 0 after an orderly stop, 1 when it took too long.
 * @throws ConfigError, or why the server did not start.
 */
export const serve = (options: ServerOptions, version: string): Promise<number> =>
  runServer({
    file: options.config,
    env: process.env,
    overrides: toOverrides(options),
    version,
  });

/** As {@link serve}, with a configuration from wherever. */
export async function runServer({
  version,
  warnings = [],
  door,
  ...source
}: RunOptions): Promise<number> {
  const manager = createConfigManager({
    ...source,
    check: ({ alertmanager }) => checkTemplates(alertmanager.templates),
    onError: (err) =>
      logger.error({ err }, "a part of the server could not take the new configuration"),
  });
  const { logging } = manager.current();
  const logger = createLogger(logging, { version });
  const signal = listenForStop(() => process.exit(1));
  endOnUnforeseenErrors(logger);
  followConfiguration(manager, logger);
  for (const warning of [...warnings, ...manager.source().warnings]) logger.warn(warning);

  let server;
  try {
    const { startServer } = await import("@fleetlight/server");
    server = await startServer({ manager, logger, version, door });
    await manager.start();
  } catch (error) {
    logger.fatal({ err: error }, "the server did not start");
    await logger.close();
    throw error;
  }
  const { url, stop } = server;
  announce(url, logger, logging.format);
  const name = await signal.requested;
  logger.info({ signal: name }, "stopping");
  const stopped = await stopWithin(STOP_LIMIT_MS, async () => {
    await manager.stop();
    await stop();
  });
  if (stopped) logger.info("stopped");
  else
    logger.error({ limit_ms: STOP_LIMIT_MS }, "the stop took too long; the server ends as it is");
  await logger.close();
  return stopped ? 0 : 1;
}
