import { dirname, isAbsolute, resolve } from "node:path";

import { readEnvironment, type Environment, type Overlay } from "./env.ts";
import { toProblems } from "./issues.ts";
import { ConfigError, type ConfigProblem } from "./problems.ts";
import { anchorScrapeConfigs, readIncludes, type IncludedFiles } from "./prometheus/include.ts";
import { ConfigSchema, type Config, type ConfigInput } from "./schema.ts";
import { isTree, readTree, withoutNulls, type Tree } from "./text.ts";

/** A plain token shorter than this can be guessed. */
const SHORT_TOKEN = 16;

export interface LoadOptions {
  /** JSON or YAML; defaults and environment alone when left out. */
  file?: string | undefined;
  env: Environment;
  /** Options of the command line; they win over everything. */
  overrides?: ConfigInput | undefined;
  /** What was loaded before; files that did not change since are not read into rules again. */
  former?: IncludedFiles | undefined;
  /** Looks at what only other rooms understand. @throws ConfigError when it is wrong: then nothing of it is taken. */
  check?: ((loaded: IncludedFiles) => void) | undefined;
}

export interface LoadedConfig extends IncludedFiles {
  config: Config;
  source: {
    /** Absolute path, or undefined when there is no file. */
    file: string | undefined;
    /** Environment variables that were taken. */
    variables: string[];
    /** What is allowed but probably not meant; to be logged. */
    warnings: string[];
  };
}

/** Paths to files of the configuration's kind are relative to it, so that the directory can be moved as a whole. */
function anchorFiles(root: unknown, directory: string): void {
  const anchor = (tree: unknown, key: string): void => {
    if (isTree(tree) && typeof tree[key] === "string" && !isAbsolute(tree[key]))
      tree[key] = resolve(directory, tree[key]);
  };
  if (!isTree(root)) return;
  const tls = isTree(root.server) ? root.server.tls : undefined;
  anchor(tls, "cert_file");
  anchor(tls, "key_file");
  const tokens = isTree(root.auth) ? root.auth.tokens : undefined;
  for (const token of Array.isArray(tokens) ? tokens : []) anchor(token, "token_file");
  anchor(root.alerting, "alertmanager_config");
  anchor(root.traces, "prices");
  for (const way of isTree(root.notifications) ? Object.values(root.notifications) : [])
    for (const key of ["password_file", "webhook_url_file", "integration_key_file"])
      anchor(way, key);
  const lists = isTree(root.discovery) ? root.discovery.file_sd : undefined;
  for (const list of Array.isArray(lists) ? (lists as unknown[]) : []) {
    if (!isTree(list) || !Array.isArray(list.files)) continue;
    list.files = list.files.map((file: unknown) =>
      typeof file === "string" ? resolve(directory, file) : file,
    );
  }
  anchorScrapeConfigs(root, directory);
}

function merge(below: unknown, above: unknown): unknown {
  if (!isTree(below) || !isTree(above)) return above;
  const result = Object.assign(Object.create(null) as Tree, below);
  for (const [key, value] of Object.entries(above)) {
    if (value !== undefined) result[key] = merge(result[key], value);
  }
  return result;
}

const nest = (path: readonly string[], value: unknown): unknown =>
  path.reduceRight<unknown>(
    (inner, key) => Object.assign(Object.create(null) as Tree, { [key]: inner }),
    value,
  );

function commandLineOverlays(tree: unknown, path: string[] = []): Overlay[] {
  if (!isTree(tree))
    return tree === undefined ? [] : [{ path, value: tree, source: "command line" }];
  return Object.entries(tree).flatMap(([key, value]) => commandLineOverlays(value, [...path, key]));
}

function warningsOf(config: Config, input: unknown): string[] {
  const warnings: string[] = [];
  if (config.server.workers > 1) {
    warnings.push(
      `server.workers is ${config.server.workers}: one process serves everything, more are not started`,
    );
  }
  const told = Object.values(config.notifications).some((way) => way !== undefined);
  if (config.alerting.alertmanager_config !== undefined && told) {
    warnings.push(
      "notifications is not used, because the file in alerting.alertmanager_config says who is told",
    );
  }
  const auth = isTree(input) && isTree(input.auth) ? input.auth : {};
  for (const entry of Array.isArray(auth.tokens) ? (auth.tokens as unknown[]) : []) {
    if (isTree(entry) && typeof entry.token === "string" && entry.token.length < SHORT_TOKEN) {
      warnings.push(
        `the token ${JSON.stringify(entry.name)} is shorter than ${SHORT_TOKEN} characters and can be guessed`,
      );
    }
  }
  return warnings;
}

/**
 * Reads the configuration: command line over `FLEETLIGHT_` variables over plain variables over the file over defaults.
 * The text of the file is taken as it is; variables are not expanded in it.
 * @throws ConfigError with every problem and its place.
 */
export function loadConfig(options: LoadOptions): LoadedConfig {
  const file = options.file === undefined ? undefined : resolve(options.file);
  const parsed = file === undefined ? undefined : readTree(file);
  const environment = readEnvironment(options.env);
  const overlays = [...environment.overlays, ...commandLineOverlays(options.overrides)];
  let input = withoutNulls(parsed?.value ?? {});
  if (file !== undefined) anchorFiles(input, dirname(file));
  if (isTree(input))
    for (const { path, value } of overlays) input = merge(input, nest(path, value));

  const result = ConfigSchema.safeParse(input);
  const shownFile = options.file ?? "";
  const provenance = { file: parsed && { name: shownFile, positions: parsed.positions }, overlays };
  const problems: ConfigProblem[] = [
    ...(result.success ? [] : toProblems(result.error.issues, input, provenance)),
    ...environment.problems,
  ];
  if (!result.success || problems.length > 0) throw new ConfigError(problems);
  const included = readIncludes(result.data, provenance, options.former);
  options.check?.(included);
  return {
    config: result.data,
    ...included,
    source: {
      file,
      variables: environment.overlays.map((overlay) => overlay.source),
      warnings: warningsOf(result.data, input),
    },
  };
}
