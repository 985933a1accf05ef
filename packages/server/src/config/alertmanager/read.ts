import { createHash } from "node:crypto";
import { globSync } from "node:fs";
import { dirname, resolve } from "node:path";

import { z } from "zod";

import { toProblems } from "../issues.ts";
import type { Positions } from "../positions.ts";
import { ConfigError, formatPath, type ConfigProblem } from "../problems.ts";
import { isTree, parseTree, readFileText, type Tree } from "../text.ts";
import { conform } from "./fields.ts";
import { GlobalShape, checkGlobal } from "./global-shape.ts";
import { inhibitRules, readInhibitRules } from "./inhibit-shape.ts";
import { namedIntervals } from "./interval-shape.ts";
import { showOriginal } from "./original.ts";
import { completeReceivers, readReceivers, receivers } from "./receiver-shape.ts";
import { RouteShape, readRoutes, type Report } from "./route-shape.ts";
import type { TimeInterval } from "./time-interval.ts";
import type { AlertmanagerConfig, TemplateFile } from "./types.ts";

/** Most files that `templates` may stand for, and most characters in all of them. */
const MAX_TEMPLATES = 1000;
const MAX_TEMPLATE_CHARACTERS = 10_000_000;

const FileShape = z.strictObject({
  global: GlobalShape.prefault({}),
  route: RouteShape.optional(),
  inhibit_rules: inhibitRules(),
  receivers: receivers(),
  templates: z.array(z.string().min(1).max(4096)).max(1000).default([]),
  time_intervals: namedIntervals(),
  mute_time_intervals: namedIntervals(),
});

type FileNode = z.output<typeof FileShape>;

export interface AlertmanagerReading {
  /** Whether receivers may run programs (`alerting.exec.enabled`); a check of the file alone does not know. */
  allowExec?: boolean;
}

/** Where a configuration comes from, for its problems and its relative paths. */
interface Source extends AlertmanagerReading {
  /** Undefined for one that was made of settings. */
  path: string | undefined;
  positions: Positions | undefined;
}

/** Makes the paths of secrets, certificates and templates relative to the file that names them. */
function anchor(node: unknown, directory: string): void {
  if (Array.isArray(node)) {
    for (const item of node) anchor(item, directory);
  } else if (isTree(node)) {
    for (const [key, value] of Object.entries(node)) {
      if (typeof value !== "string") anchor(value, directory);
      else if (key.endsWith("_file") && value !== "") node[key] = resolve(directory, value);
    }
  }
}

function anchorFile(root: Tree, directory: string): void {
  anchor(root.global, directory);
  anchor(root.receivers, directory);
  if (!Array.isArray(root.templates)) return;
  root.templates = root.templates.map((pattern: unknown) =>
    typeof pattern === "string" ? resolve(directory, pattern) : pattern,
  );
}

function readTemplates(patterns: readonly string[], report: Report): TemplateFile[] {
  const files = new Map<string, string>();
  let characters = 0;
  for (const [index, pattern] of patterns.entries()) {
    for (const path of globSync(pattern).toSorted()) {
      if (files.has(path)) continue;
      if (files.size >= MAX_TEMPLATES) {
        report(["templates", index], `stands for more than ${MAX_TEMPLATES} files`);
        return [];
      }
      const text = readFileText(path);
      characters += text.length;
      if (characters > MAX_TEMPLATE_CHARACTERS) {
        report(["templates", index], `are more than ${MAX_TEMPLATE_CHARACTERS} characters`);
        return [];
      }
      files.set(path, text);
    }
  }
  return [...files].map(([path, text]) => ({ path, text }));
}

function readIntervals(node: FileNode, report: Report): Map<string, readonly TimeInterval[]> {
  const intervals = new Map<string, readonly TimeInterval[]>();
  for (const [key, words] of [
    ["mute_time_intervals", "mute time interval"],
    ["time_intervals", "time interval"],
  ] as const)
    for (const [index, { name, time_intervals: list }] of node[key].entries()) {
      if (name === "") report([key, index], `missing name in ${words}`);
      else if (intervals.has(name))
        report([key, index, "name"], `${words} ${JSON.stringify(name)} is not unique`);
      intervals.set(name, list);
    }
  return intervals;
}

function refuseExec({ receivers: list }: Tree, report: Report): void {
  for (const [index, receiver] of (Array.isArray(list) ? (list as unknown[]) : []).entries())
    if (
      isTree(receiver) &&
      Array.isArray(receiver.exec_configs) &&
      receiver.exec_configs.length > 0
    )
      report(
        ["receivers", index, "exec_configs"],
        "programs are not run unless alerting.exec.enabled is true in the configuration of the server",
      );
}

const digestOf = (text: string, templates: readonly TemplateFile[]): string => {
  const hash = createHash("sha256").update(text);
  for (const { path, text: content } of templates) hash.update(`\0${path}\0${content}`);
  return hash.digest("base64");
};

const inOrder = (problems: readonly ConfigProblem[]): ConfigProblem[] =>
  problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));

/**
 * Reads a configuration in Alertmanager's format from its tree, which is changed by that.
 * @throws ConfigError with every problem and its place.
 */
export function readAlertmanagerTree(
  tree: unknown,
  text: string,
  source: Source,
): AlertmanagerConfig {
  const problems: ConfigProblem[] = [];
  const { path, positions } = source;
  const report: Report = (at, message) =>
    problems.push({
      path: formatPath(at),
      message,
      ...(path !== undefined && { source: path }),
      ...positions?.ofValue(at),
    });
  const refuse = (): never => {
    throw new ConfigError(inOrder(problems));
  };
  const root = conform(tree, FileShape);
  if (!isTree(root)) {
    report([], "expected an object");
    return refuse();
  }
  const original = showOriginal(root, FileShape);
  if (path !== undefined) anchorFile(root, dirname(path));
  if (isTree(root.global)) checkGlobal(root.global, report);
  completeReceivers(root, report);
  if (source.allowExec === false) refuseExec(root, report);
  const parsed = FileShape.safeParse(root);
  if (!parsed.success) {
    const from = {
      file: path === undefined || !positions ? undefined : { name: path, positions },
      overlays: [],
    };
    problems.push(...toProblems(parsed.error.issues, root, from, FileShape));
    return refuse();
  }
  const node = parsed.data;
  const receiverConfigs = readReceivers(node.receivers, report);
  const timeIntervals = readIntervals(node, report);
  if (node.route === undefined) {
    report([], "no route provided in config");
    return refuse();
  }
  const known = {
    receivers: new Set(receiverConfigs.map(({ name }) => name)),
    intervals: new Set(timeIntervals.keys()),
  };
  const route = readRoutes(node.route, known, report);
  const rules = readInhibitRules(node.inhibit_rules, report);
  const templates = readTemplates(node.templates, report);
  if (problems.length > 0) return refuse();
  return {
    path,
    original,
    digest: digestOf(text, templates),
    resolveTimeoutMs: node.global.resolve_timeout,
    route,
    receivers: receiverConfigs,
    inhibitRules: rules,
    timeIntervals,
    templates,
  };
}

/** Whether a file is in Alertmanager's format rather than a configuration of Fleetlight, which has no such keys. */
export function isAlertmanagerFile(path: string): boolean {
  const text = readFileText(path);
  if (text.trim() === "") return false;
  const { value } = parseTree(path, text);
  return isTree(value) && ("route" in value || "receivers" in value || "inhibit_rules" in value);
}

/**
 * Reads a file in Alertmanager's format, with the templates that it names.
 * @throws ConfigError with every problem and its line, in upstream's words where there are any.
 */
export function readAlertmanagerFile(
  path: string,
  reading: AlertmanagerReading = {},
): AlertmanagerConfig {
  const text = readFileText(path);
  if (text.trim() === "") {
    const message = "no route provided in config";
    throw new ConfigError([{ path: "", source: path, line: 1, column: 1, message }]);
  }
  const { value, positions } = parseTree(path, text);
  return readAlertmanagerTree(value, text, { path, positions, ...reading });
}
