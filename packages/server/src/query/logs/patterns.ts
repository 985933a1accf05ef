import { setImmediate as nextTurn } from "node:timers/promises";

import type { LogLevel, LogPattern, LogPatternList } from "@fleetlight/contract";

import { isoTime } from "#lib";
import { levelOf, type LogFilter, type LogRow, type LogStore } from "#store";

import { DrainTree, type Group } from "./drain.ts";
import { levelName, toLogLine } from "./views.ts";

/** Lines that are looked at, the newest ones, and how many at once. */
const MAX_LINES = 20_000;
const PAGE_LINES = 2500;
/** Patterns that are answered. */
const MAX_PATTERNS = 200;
/** Services that are named of one pattern. */
const MAX_SERVICES = 10;
/** How long one turn may keep the event loop. */
const SLICE_MS = 8;

interface Tally {
  count: number;
  newest: LogRow | undefined;
  oldest: LogRow | undefined;
  levels: Partial<Record<LogLevel, number>>;
  services: Set<string>;
}

const emptyTally = (): Tally => ({
  count: 0,
  newest: undefined,
  oldest: undefined,
  levels: {},
  services: new Set(),
});

/** Lines come newest first. */
function count({ lines }: Group<Tally>, row: LogRow): void {
  const level = levelName(levelOf(row.severity));
  lines.count++;
  lines.newest ??= row;
  lines.oldest = row;
  lines.levels[level] = (lines.levels[level] ?? 0) + 1;
  if (lines.services.size < MAX_SERVICES) lines.services.add(row.service);
}

const timeOf = (row: LogRow): string => isoTime(Number(row.timeNs.slice(0, -6)));

const patternOf = ({ words, lines }: Group<Tally>, all: number): LogPattern[] =>
  lines.newest === undefined || lines.oldest === undefined
    ? []
    : [
        {
          pattern: words.join(" "),
          count: lines.count,
          share: lines.count / all,
          first_seen: timeOf(lines.oldest),
          last_seen: timeOf(lines.newest),
          levels: lines.levels,
          services: [...lines.services],
          sample: toLogLine(lines.newest),
        },
      ];

/** Groups the newest lines that match by what they look like. */
export async function findPatterns(
  logs: LogStore,
  tenant: string,
  filter: LogFilter,
): Promise<LogPatternList> {
  const tree = new DrainTree(emptyTally);
  let lines = 0;
  let before: LogRow | undefined;
  let full = true;
  while (full && lines < MAX_LINES) {
    const page = await logs.find(tenant, { ...filter, limit: PAGE_LINES, before });
    let turnMs = performance.now();
    for (const row of page) {
      const group = tree.add(row.body);
      if (group !== undefined) count(group, row);
      if (performance.now() - turnMs < SLICE_MS) continue;
      await nextTurn();
      turnMs = performance.now();
    }
    lines += page.length;
    before = page.at(-1);
    full = page.length === PAGE_LINES;
  }
  const sorted = tree.groups.toSorted((a, b) => b.lines.count - a.lines.count);
  return {
    patterns: sorted.slice(0, MAX_PATTERNS).flatMap((group) => patternOf(group, lines)),
    lines,
    truncated: full && lines >= MAX_LINES,
    others:
      tree.others + sorted.slice(MAX_PATTERNS).reduce((sum, group) => sum + group.lines.count, 0),
  };
}
