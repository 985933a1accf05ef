import { z } from "zod";
import {
  compareMatchers,
  describeError,
  makeAlertMatcher,
  parseMatchers,
  type Matcher,
} from "#lib";

import type { ConfigPath } from "../problems.ts";
import { anyText } from "../prometheus/texts.ts";
import { equalMap, nameText, regexMap, span } from "./fields.ts";
import type { RouteConfig } from "./types.ts";

export type Report = (path: ConfigPath, message: string) => void;

const MAX_LIST = 1000;
const MAX_ROUTES = 10_000;
const MAX_DEPTH = 64;

const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

export const matcherTexts = () =>
  z
    .array(anyText(65_536))
    .max(MAX_LIST)
    .default([])
    .describe('Matchers such as `severity=~"warning|critical"`.');

const RouteFields = {
  receiver: nameText().optional(),
  group_by: z.array(nameText()).max(MAX_LIST).optional(),
  match: equalMap().default({}),
  match_re: regexMap().default({}),
  matchers: matcherTexts(),
  mute_time_intervals: z.array(nameText()).max(MAX_LIST).default([]),
  active_time_intervals: z.array(nameText()).max(MAX_LIST).default([]),
  continue: z.boolean().default(false),
  group_wait: span().optional(),
  group_interval: span().optional(),
  repeat_interval: span().optional(),
};

const RouteBase = z.strictObject(RouteFields);

interface RouteNode extends z.output<typeof RouteBase> {
  routes?: RouteNode[] | undefined;
}

export const RouteShape: z.ZodType<RouteNode> = z.strictObject({
  ...RouteFields,
  get routes() {
    return z.array(RouteShape).max(MAX_ROUTES).optional();
  },
});

/** The matchers of one side: `match`, `match_re` and `matchers` are one list, in upstream's order. */
export function readMatchers(
  node: {
    match: Readonly<Record<string, string>>;
    matchRe: Readonly<Record<string, string>>;
    matchers: readonly string[];
  },
  path: ConfigPath,
  keys: { match: string; matchRe: string; matchers: string },
  report: Report,
): Matcher[] {
  const found: Matcher[] = [];
  const attempt = (at: ConfigPath, read: () => readonly Matcher[]): void => {
    try {
      found.push(...read());
    } catch (error) {
      report(at, describeError(error));
    }
  };
  const maps = [
    [keys.match, node.match, "="],
    [keys.matchRe, node.matchRe, "=~"],
  ] as const;
  for (const [key, map, operator] of maps) {
    for (const [name, value] of Object.entries(map)) {
      const at = [...path, key, name];
      if (!LABEL_NAME.test(name)) report(at, `invalid label name ${JSON.stringify(name)}`);
      else attempt(at, () => [makeAlertMatcher(name, operator, value)]);
    }
  }
  for (const [index, text] of node.matchers.entries())
    attempt([...path, keys.matchers, index], () => parseMatchers(text));
  return found.toSorted(compareMatchers);
}

type Inherited = Pick<
  RouteConfig,
  "receiver" | "groupBy" | "groupByAll" | "groupWaitMs" | "groupIntervalMs" | "repeatIntervalMs"
>;

const DEFAULTS: Inherited = {
  receiver: "",
  groupBy: [],
  groupByAll: false,
  groupWaitMs: 30_000,
  groupIntervalMs: 5 * 60_000,
  repeatIntervalMs: 4 * 3_600_000,
};

function readGroupBy(node: RouteNode, parent: Inherited, path: ConfigPath, report: Report) {
  const given = node.group_by ?? [];
  const names = given.filter((name) => name !== "...");
  const all = names.length < given.length;
  for (const [index, name] of given.entries())
    if (name === "") report([...path, "group_by", index], 'invalid label name "" in group_by list');
  if (all && names.length > 0)
    report(
      [...path, "group_by"],
      "cannot have wildcard group_by (`...`) and other labels at the same time",
    );
  const repeated = names.find((name, index) => names.indexOf(name) < index);
  if (repeated !== undefined)
    report([...path, "group_by"], `duplicated label ${JSON.stringify(repeated)} in group_by`);
  // An empty list says nothing, as upstream reads it.
  if (names.length > 0) return { groupBy: names.toSorted(), groupByAll: false };
  return { groupBy: parent.groupBy, groupByAll: all || parent.groupByAll };
}

function checkNames(node: RouteNode, path: ConfigPath, known: Known, report: Report): void {
  const { receiver } = node;
  if (receiver !== undefined && receiver !== "" && !known.receivers.has(receiver))
    report([...path, "receiver"], `undefined receiver ${JSON.stringify(receiver)} used in route`);
  for (const key of ["active_time_intervals", "mute_time_intervals"] as const)
    for (const [index, name] of node[key].entries())
      if (!known.intervals.has(name))
        report(
          [...path, key, index],
          `undefined time interval ${JSON.stringify(name)} used in route`,
        );
  for (const key of ["group_interval", "repeat_interval"] as const)
    if (node[key] === 0) report([...path, key], `${key} cannot be zero`);
}

interface Known {
  receivers: ReadonlySet<string>;
  intervals: ReadonlySet<string>;
}

const ROUTE_KEYS = { match: "match", matchRe: "match_re", matchers: "matchers" };

function checkRoot(node: RouteNode, report: Report): void {
  if (node.receiver === undefined || node.receiver === "")
    report(["route"], "root route must specify a default receiver");
  const matchers = [Object.keys(node.match), Object.keys(node.match_re), node.matchers];
  if (matchers.some((list) => list.length > 0))
    report(["route"], "root route must not have any matchers");
  for (const [key, words] of [
    ["mute_time_intervals", "mute"],
    ["active_time_intervals", "active"],
  ] as const)
    if (node[key].length > 0)
      report(["route", key], `root route must not have any ${words} time intervals`);
  if (node.continue) report(["route", "continue"], "cannot have continue in root route");
}

/** Reads the tree of routes, every node with what it has from its parent. */
export function readRoutes(root: RouteNode, known: Known, report: Report): RouteConfig {
  let count = 0;
  const read = (
    node: RouteNode,
    parent: Inherited,
    id: string,
    path: ConfigPath,
    depth: number,
  ): RouteConfig => {
    count += 1;
    if (count === MAX_ROUTES + 1) report(path, `there are more than ${MAX_ROUTES} routes`);
    if (depth > MAX_DEPTH) report(path, `routes are nested deeper than ${MAX_DEPTH}`);
    checkNames(node, path, known, report);
    const inherited: Inherited = {
      receiver:
        node.receiver === undefined || node.receiver === "" ? parent.receiver : node.receiver,
      ...readGroupBy(node, parent, path, report),
      groupWaitMs: node.group_wait ?? parent.groupWaitMs,
      groupIntervalMs: node.group_interval ?? parent.groupIntervalMs,
      repeatIntervalMs: node.repeat_interval ?? parent.repeatIntervalMs,
    };
    const sides = { match: node.match, matchRe: node.match_re, matchers: node.matchers };
    return {
      id,
      ...inherited,
      matchers: readMatchers(sides, path, ROUTE_KEYS, report),
      continues: node.continue,
      muteTimeIntervals: node.mute_time_intervals,
      activeTimeIntervals: node.active_time_intervals,
      routes:
        depth > MAX_DEPTH
          ? []
          : (node.routes ?? []).map((child, index) =>
              read(child, inherited, `${id}/${index}`, [...path, "routes", index], depth + 1),
            ),
    };
  };
  checkRoot(root, report);
  return read(root, DEFAULTS, "0", ["route"], 0);
}
