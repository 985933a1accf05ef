import { resolve } from "node:path";

import type { ConfigInput } from "@fleetlight/server/config";

import { takeAlertmanagerDoor } from "../alertmanager-door.ts";
import {
  describeIgnored,
  parseListenAddress,
  type AlertmanagerFlags,
} from "../alertmanager-flags.ts";
import { runServer } from "./serve.ts";

/** Without a prefix of its own everything stands below the path of the external URL, as upstream has it. */
function prefixOf({ routePrefix, externalUrl }: AlertmanagerFlags): string {
  const fromUrl =
    externalUrl !== undefined && URL.canParse(externalUrl) ? new URL(externalUrl).pathname : "/";
  return `/${(routePrefix ?? fromUrl).replaceAll(/^\/+|\/+$/g, "")}`;
}

/** A server that does what an Alertmanager does and nothing else: it finds, scrapes and judges nothing by itself. */
function overridesOf(flags: AlertmanagerFlags): ConfigInput {
  const [address = ":9093"] = flags.listenAddresses;
  // As upstream it lets everybody in, unless tokens are set in the environment.
  const hasAuth = Object.keys(process.env).some((name) => name.startsWith("FLEETLIGHT_AUTH__"));
  return {
    server: {
      ...parseListenAddress(address),
      external_url: flags.externalUrl,
      route_prefix: prefixOf(flags),
    },
    // Nothing is scraped, so that there are only events, which the console shows.
    storage: {
      data_dir: resolve(flags.storagePath),
      ephemeral: true,
      retention: { metrics: "1h", events: "1d" },
      head: { max_bytes: "16MiB" },
    },
    alerting: {
      alertmanager_config: resolve(flags.configFile),
      builtin_rules: false,
      confirm_broad_silences: false,
      retention: flags.retention,
    },
    otlp: { grpc_port: "off", http_port: "off" },
    host: { enabled: false },
    monitoring: { self_metrics: false },
    logging: { level: flags.logLevel, format: flags.logFormat === "json" ? "json" : "auto" },
    ...(!hasAuth && { auth: { mode: "none" as const } }),
  };
}

/** The environment without the plain names that other programs share; flags say what these would. */
const ownEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => name.startsWith("FLEETLIGHT_")),
  );

/**
 * Runs a server in the place of an Alertmanager until it is asked to stop.
 * @returns the exit code.
 */
export async function alertmanager(flags: AlertmanagerFlags, version: string): Promise<number> {
  if (flags.webConfigFile !== undefined && flags.webConfigFile !== "")
    throw new Error(
      "--web.config.file is not supported; use FLEETLIGHT_SERVER__TLS and FLEETLIGHT_AUTH__TOKENS, see docs/alertmanager.md",
    );
  const door = takeAlertmanagerDoor();
  await door?.opened();
  return runServer({
    env: ownEnvironment(),
    overrides: overridesOf(flags),
    version,
    warnings: describeIgnored(flags),
    door,
  });
}
