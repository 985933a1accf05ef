import type { LogLevel } from "@fleetlight/server/lib";
import { InvalidArgumentError, Option, type Command } from "commander";

import { DEFAULT_ADDRESS, readListenAddress } from "./alertmanager-door.ts";

/** What the flags of Alertmanager say. */
export interface AlertmanagerFlags {
  configFile: string;
  storagePath: string;
  /** Text of a duration, such as `120h`. */
  retention: string;
  listenAddresses: string[];
  externalUrl: string | undefined;
  routePrefix: string | undefined;
  webConfigFile: string | undefined;
  logLevel: LogLevel;
  logFormat: "logfmt" | "json";
  /** Names of flags that were given and change nothing. */
  ignored: string[];
}

/** @throws InvalidArgumentError for a text that is no address to listen on. */
export function parseListenAddress(text: string): { host: string; port: number } {
  const address = readListenAddress(text);
  if (address === undefined)
    throw new InvalidArgumentError(`${text}: give an address such as :9093 or 127.0.0.1:9093`);
  return address;
}

/** Flags with a value that are taken so that a command line goes on working. */
const IGNORED_VALUES = [
  "data.maintenance-interval",
  "alerts.gc-interval",
  "alerts.per-alertname-limit",
  "silences.max-silences",
  "silences.max-silence-size-bytes",
  "config.auto-reload-interval",
  "web.get-concurrency",
  "web.timeout",
  "web.ui-path",
  "template.default",
  "enable-feature",
  "auto-gomemlimit.ratio",
  "cluster.listen-address",
  "cluster.advertise-address",
  "cluster.peer",
  "cluster.peers",
  "cluster.peer-timeout",
  "cluster.gossip-interval",
  "cluster.pushpull-interval",
  "cluster.tcp-timeout",
  "cluster.probe-timeout",
  "cluster.probe-interval",
  "cluster.settle-timeout",
  "cluster.reconnect-interval",
  "cluster.reconnect-timeout",
  "cluster.tls-config",
  "cluster.label",
  "cluster.peer-name",
  "cluster.peers-resolve-timeout",
] as const;

const IGNORED_SWITCHES = [
  "cluster.allow-insecure-public-advertise-address-discovery",
  "web.systemd-socket",
  "auto-gomaxprocs",
  "auto-gomemlimit",
] as const;

/** Gives a command Alertmanager's flags. */
export function withAlertmanagerFlags(command: Command): Command {
  command
    .option("--config.file <file>", "configuration in Alertmanager's format", "alertmanager.yml")
    .option("--storage.path <dir>", "directory of all data", "data/")
    .option(
      "--data.retention <duration>",
      "how long expired silences and what was told are kept",
      "120h",
    )
    .option(
      "--web.listen-address <address...>",
      "address to listen on; only the first one is used",
      [DEFAULT_ADDRESS],
    )
    .option("--web.external-url <url>", "where people reach this server")
    .option("--web.route-prefix <path>", "path before all others; that of the external URL")
    .addOption(new Option("--web.config.file <file>", "not supported").hideHelp())
    .addOption(
      new Option("--log.level <level>", "least important level that is logged")
        .choices(["debug", "info", "warn", "error"])
        .default("info"),
    )
    .addOption(
      new Option("--log.format <format>", "format of the log")
        .choices(["logfmt", "json"])
        .default("logfmt"),
    );
  for (const name of IGNORED_VALUES)
    command.addOption(new Option(`--${name} <value>`, "taken and ignored").hideHelp());
  for (const name of IGNORED_SWITCHES)
    command.addOption(new Option(`--${name}`, "taken and ignored").hideHelp());
  return command;
}

/** Reads what commander made of the flags. */
export function readAlertmanagerFlags(command: Command): AlertmanagerFlags {
  const values = new Map<string, unknown>();
  const ignored: string[] = [];
  const all: readonly string[] = [...IGNORED_VALUES, ...IGNORED_SWITCHES];
  for (const option of command.options) {
    const name = (option.long ?? "").replace(/^--/, "");
    const key = option.attributeName();
    values.set(name, command.getOptionValue(key));
    if (all.includes(name) && command.getOptionValueSource(key) === "cli") ignored.push(name);
  }
  const text = (name: string): string | undefined => values.get(name) as string | undefined;
  return {
    configFile: text("config.file") ?? "",
    storagePath: text("storage.path") ?? "",
    retention: text("data.retention") ?? "",
    listenAddresses: values.get("web.listen-address") as string[],
    externalUrl: text("web.external-url"),
    routePrefix: text("web.route-prefix"),
    webConfigFile: text("web.config.file"),
    logLevel: text("log.level") as LogLevel,
    logFormat: text("log.format") as "logfmt" | "json",
    ignored,
  };
}

/** What is said about flags that change nothing. */
export function describeIgnored({ ignored, listenAddresses }: AlertmanagerFlags): string[] {
  const said: string[] = [];
  const cluster = ignored.filter((name) => name.startsWith("cluster."));
  const others = ignored.filter((name) => !name.startsWith("cluster."));
  if (cluster.length > 0)
    said.push(
      `one process serves everything and speaks to no peers; ignored: ${cluster.join(", ")}`,
    );
  if (others.length > 0)
    said.push(`flags without a meaning here are ignored: ${others.join(", ")}`);
  if (listenAddresses.length > 1)
    said.push(`only one address is listened on: ${listenAddresses[0]}`);
  return said;
}
