import type { RouteConfig } from "#config";
import { formatMatchers, matchesAll, type LabelSet } from "#lib";

import { goQuote } from "./go-quote.ts";
import { MatcherIndex } from "./matcher-index.ts";

/** A node of the tree, ready to be asked for many alerts. */
interface Node {
  route: RouteConfig;
  children: Node[];
  index: MatcherIndex;
}

function build(route: RouteConfig): Node {
  return {
    route,
    children: route.routes.map(build),
    index: new MatcherIndex(route.routes.map(({ matchers }) => matchers)),
  };
}

/** Follows the labels down from a node that matches; `path` leads to it, itself included. */
function descend(node: Node, path: RouteConfig[], labels: LabelSet, found: RouteConfig[][]): void {
  const before = found.length;
  for (const place of node.index.matching(labels)) {
    const child = node.children[place];
    if (child === undefined) continue;
    descend(child, [...path, child.route], labels, found);
    if (!child.route.continues) break;
  }
  if (found.length === before) found.push(path);
}

/** A route tree that is asked for many alerts. */
export interface Router {
  /** Nodes that tell of an alert with these labels, depth first; the root when no other does. */
  match(labels: LabelSet): RouteConfig[];
  /** As `match`, with the way to each of them from the root. */
  paths(labels: LabelSet): RouteConfig[][];
  /** What group keys of a node begin with: the matchers on the way to it, as upstream writes them. */
  key(route: RouteConfig): string;
}

export function createRouter(root: RouteConfig): Router {
  const tree = build(root);
  const keys = new Map<string, string>();
  const name = (route: RouteConfig, prefix: string): void => {
    const key = `${prefix}${formatMatchers(route.matchers)}`;
    keys.set(route.id, key);
    for (const child of route.routes) name(child, `${key}/`);
  };
  name(root, "");
  const paths = (labels: LabelSet): RouteConfig[][] => {
    const found: RouteConfig[][] = [];
    if (matchesAll(root.matchers, labels)) descend(tree, [root], labels, found);
    return found;
  };
  return {
    paths,
    match: (labels) => paths(labels).map((path) => path.at(-1) ?? root),
    key: (route) => keys.get(route.id) ?? "",
  };
}

/** For a single question; who asks for many alerts keeps a {@link createRouter | router}. */
export const matchRoutes = (root: RouteConfig, labels: LabelSet): RouteConfig[] =>
  createRouter(root).match(labels);

/** The labels that a node groups by, those that the alert has. */
export function groupLabels(route: RouteConfig, labels: LabelSet): Record<string, string> {
  const names = route.groupByAll ? Object.keys(labels).toSorted() : route.groupBy;
  const found: Record<string, string> = {};
  for (const name of names) {
    const value = labels[name];
    if (value !== undefined) found[name] = value;
  }
  return found;
}

/** `{alertname="x", team="a"}`, as Go's label sets are written. */
function formatLabelSet(labels: LabelSet): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${goQuote(value)}`);
  return `{${pairs.toSorted().join(", ")}}`;
}

/** `{}/{team="a"}:{alertname="x"}`: names a group of a node to receivers. */
export const groupKey = (router: Router, route: RouteConfig, group: LabelSet): string =>
  `${router.key(route)}:${formatLabelSet(group)}`;
