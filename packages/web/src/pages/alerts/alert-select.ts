import type { AlertsSearch, FacetName } from "../../app/alert-search.ts";
import { FACETS } from "../../app/alert-search.ts";
import { matcherTest, parseAlertFilter } from "../../format/alert-filter.ts";
import { SEVERITIES } from "../../ui/state.tsx";
import type { AlertRow } from "./alert-rows.ts";
import { quietWord } from "./alert-rows.ts";

/** The values of each facet that an alert counts for. */
const VALUES: Record<FacetName, (row: AlertRow) => readonly string[]> = {
  state: (row) => [row.state],
  severity: (row) => [row.severity],
  quiet: (row) => [quietWord(row) ?? "nothing"],
  service: (row) => (row.service === "" ? [] : [row.service]),
  rule: (row) => (row.rule === "" ? [] : [row.name]),
  receiver: (row) => row.receivers,
};

export type FacetCounts = Record<FacetName, [value: string, count: number][]>;

export interface Selection {
  rows: AlertRow[];
  counts: FacetCounts;
  problem: string | null;
}

const severityRank = (severity: string): number => {
  const at = (SEVERITIES as string[]).indexOf(severity);
  return at === -1 ? SEVERITIES.length : at;
};

/** Loud before quiet, firing before pending, severe before mild, new before old. */
const compare = (a: AlertRow, b: AlertRow): number =>
  Number(quietWord(a) !== null) - Number(quietWord(b) !== null) ||
  Number(b.state === "firing") - Number(a.state === "firing") ||
  severityRank(a.severity) - severityRank(b.severity) ||
  b.since.localeCompare(a.since) ||
  a.key.localeCompare(b.key);

const passesText = (text: string): { test: (row: AlertRow) => boolean; problem: string | null } => {
  const { matchers, words, problem } = parseAlertFilter(text);
  const tests = matchers.map(matcherTest);
  const holds = (row: AlertRow, word: string): boolean =>
    row.name.toLowerCase().includes(word) ||
    row.service.toLowerCase().includes(word) ||
    Object.values(row.labels).some((value) => value.toLowerCase().includes(word)) ||
    Object.values(row.annotations).some((value) => value.toLowerCase().includes(word));
  return {
    test: (row) =>
      tests.every((passes) => passes(row.labels)) && words.every((word) => holds(row, word)),
    problem,
  };
};

/** Known words in their own order, everything else by how often it occurs. */
const sorted = (facet: FacetName, counts: Map<string, number>): [string, number][] => {
  const all = [...counts];
  if (facet === "severity") return all.toSorted(([a], [b]) => severityRank(a) - severityRank(b));
  return all.toSorted(([a, x], [b, y]) => y - x || a.localeCompare(b));
};

/**
 * The alerts that a search leaves, in order, and what each further value of a facet would leave: a facet counts the
 * rows that pass everything but itself.
 */
export const selectAlerts = (all: readonly AlertRow[], search: AlertsSearch): Selection => {
  const { test, problem } = passesText(search.q ?? "");
  const tallies = Object.fromEntries(
    FACETS.map((facet) => [facet, new Map<string, number>()]),
  ) as Record<FacetName, Map<string, number>>;
  const wanted = FACETS.map((facet) => [facet, new Set(search[facet] ?? [])] as const);
  const rows: AlertRow[] = [];
  for (const row of all) {
    if (!test(row)) continue;
    const failed = wanted.filter(
      ([facet, values]) =>
        values.size > 0 && !VALUES[facet](row).some((value) => values.has(value)),
    );
    if (failed.length === 0) rows.push(row);
    if (failed.length > 1) continue;
    for (const facet of FACETS) {
      if (failed.length === 1 && failed[0]?.[0] !== facet) continue;
      const tally = tallies[facet];
      for (const value of VALUES[facet](row)) tally.set(value, (tally.get(value) ?? 0) + 1);
    }
  }
  // A chosen value stays in sight when nothing has it any more, so that it can be taken back.
  for (const [facet, values] of wanted)
    for (const value of values) if (!tallies[facet].has(value)) tallies[facet].set(value, 0);
  const counts = Object.fromEntries(
    FACETS.map((facet) => [facet, sorted(facet, tallies[facet])]),
  ) as FacetCounts;
  return { rows: rows.toSorted(compare), counts, problem };
};
