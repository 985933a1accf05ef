import { formatPath, type ConfigProblem } from "./problems.ts";
import { ConfigShape } from "./schema.ts";
import { suggest } from "./suggest.ts";
import { inspectSetting, itemOf, keysOf, type Setting } from "./walk.ts";

/** One value that replaces or completes what the file says. */
export interface Overlay {
  path: string[];
  value: unknown;
  /** Named in an error about the value. */
  source: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = "FLEETLIGHT_";

/** Read by `fleetlight` and by clients; they are no settings of the server. */
const RESERVED = new Set(["CONFIG", "URL", "TOKEN"].map((name) => PREFIX + name));

/**
 * Kubernetes puts the addresses of a Service named `fleetlight` into the environment of every pod of its namespace;
 * they look like our variables and must not stop the server.
 */
const KUBERNETES_NAME =
  /^FLEETLIGHT_(?:SERVICE_(?:HOST|PORT(?:_\w+)?)|PORT_\d+_(?:TCP|UDP)(?:_(?:PROTO|PORT|ADDR))?)$/;
const isFromKubernetes = (name: string, value: string): boolean =>
  KUBERNETES_NAME.test(name) || (name === "FLEETLIGHT_PORT" && /^(?:tcp|udp):\/\//.test(value));

/** Names that the replaced systems read, where they mean one of our settings. */
export const PLAIN_NAMES: Readonly<Record<string, readonly string[]>> = {
  PORT: ["server", "port"],
  LOG_LEVEL: ["logging", "level"],
  METRICS_RETENTION: ["storage", "retention", "metrics"],
  WORKER_CHECK_INTERVAL: ["monitoring", "health_check_interval"],
  UPDATE_INTERVAL: ["monitoring", "refresh_interval"],
  ALERT_WEBHOOK_URL: ["notifications", "webhook", "url"],
  JAEGER_ENDPOINT: ["forwarding", "jaeger_endpoint"],
  PROMETHEUS_GATEWAY: ["forwarding", "prometheus_gateway"],
};

/** The variable that sets a path: `storage.retention.metrics` is `FLEETLIGHT_STORAGE__RETENTION__METRICS`. */
export const environmentName = (path: readonly string[]): string =>
  PREFIX + path.join("__").toUpperCase();

const BOOLEANS: Record<string, boolean> = {
  true: true,
  yes: true,
  on: true,
  "1": true,
  false: false,
  no: false,
  off: false,
  "0": false,
};

/** A value as the schema wants it; whatever does not fit stays text and is refused there, with its reason. */
function convert(setting: Setting, text: string): unknown {
  switch (setting.kind) {
    case "number":
    case "integer":
      return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
    case "boolean":
      return BOOLEANS[text.trim().toLowerCase()] ?? text;
    case "list":
      if (!text.trimStart().startsWith("[")) return text.split(",").map((item) => item.trim());
      return JSON.parse(text);
    case "section":
    case "map":
      return JSON.parse(text);
    default:
      return text;
  }
}

interface Target {
  path: string[];
  setting: Setting;
}

/** Finds the setting that a name's parts mean, or says which part means none. */
function resolve(parts: string[]): Target | { message: string } {
  let setting = inspectSetting(ConfigShape);
  const path: string[] = [];
  for (const part of parts) {
    const keys = keysOf(setting);
    const lower = part.toLowerCase();
    if (keys) {
      const next = Object.hasOwn(keys, lower) ? keys[lower] : undefined;
      if (!next) {
        const meant = suggest(lower, Object.keys(keys));
        const hint =
          meant === undefined ? "" : `; did you mean ${environmentName([...path, meant])}?`;
        return { message: `no setting has this name${hint}` };
      }
      path.push(lower);
      setting = inspectSetting(next);
      continue;
    }
    const item = itemOf(setting);
    if (setting.kind !== "map" || !item || part === "") {
      const whole =
        setting.kind === "list" ? "is given as one JSON array" : "has no settings below it";
      return { message: `${formatPath(path)} ${whole}: ${environmentName(path)}` };
    }
    // Variables are written in capitals; ids and header names are not.
    path.push(part === part.toUpperCase() ? lower : part);
    setting = inspectSetting(item);
  }
  return { path, setting };
}

function readOne(name: string, text: string, parts: string[]): Overlay | ConfigProblem {
  const target = resolve(parts);
  if ("message" in target) return { path: "", source: name, message: target.message };
  try {
    return { path: target.path, value: convert(target.setting, text), source: name };
  } catch {
    const message = `expected JSON (${target.setting.kind === "list" ? "an array" : "an object"})`;
    return { path: formatPath(target.path), source: name, message };
  }
}

/** A FLEETLIGHT_ variable with one underscore where two are needed is the likeliest mistake. */
function withUnderscoreHint(problem: ConfigProblem, parts: string[]): ConfigProblem {
  if (parts.length !== 1 || problem.message.includes("did you mean")) return problem;
  const words = (parts[0] ?? "").split("_");
  for (let cut = 1; cut < words.length; cut++) {
    const guess = [words.slice(0, cut).join("_"), words.slice(cut).join("_")];
    const target = resolve(guess);
    if ("path" in target)
      return {
        ...problem,
        message: `${problem.message}; did you mean ${environmentName(target.path)}?`,
      };
  }
  return problem;
}

/**
 * Settings given by environment variables, weakest first. An empty variable counts as not set, because that is
 * how compose files leave one out.
 */
export function readEnvironment(env: Environment): {
  overlays: Overlay[];
  problems: ConfigProblem[];
} {
  const plain: Overlay[] = [];
  const named: Overlay[] = [];
  const problems: ConfigProblem[] = [];
  for (const [name, text] of Object.entries(env).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (text === undefined || text === "") continue;
    const plainPath = Object.hasOwn(PLAIN_NAMES, name) ? PLAIN_NAMES[name] : undefined;
    if (plainPath) {
      const result = readOne(name, text, [...plainPath]);
      if ("value" in result) plain.push(result);
    }
    const upper = name.toUpperCase();
    if (!upper.startsWith(PREFIX) || RESERVED.has(upper) || isFromKubernetes(upper, text)) continue;
    const parts = name.slice(PREFIX.length).split("__");
    const result = readOne(name, text, parts);
    if ("value" in result) named.push(result);
    else problems.push(withUnderscoreHint(result, parts));
  }
  // A whole section in one variable comes before one of its keys in another.
  named.sort((a, b) => a.path.length - b.path.length);
  return { overlays: [...plain, ...named], problems };
}
