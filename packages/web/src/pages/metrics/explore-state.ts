import type { ExploreSearch, QuerySearch } from "../../app/explore-search.ts";
import {
  DEFAULT_EXPLORE_RANGE,
  EXPLORE_RANGES,
  MAX_QUERIES,
  packQueries,
} from "../../app/explore-search.ts";
import { HUES } from "../../charts/colours.ts";
import type { View } from "../../charts/view.ts";
import { stepFor } from "../../promql/columns.ts";
import type { RangeTimes } from "../../promql/client.ts";

/** One expression of the page. */
export interface Query {
  /** Unique on the page; a letter unless somebody chose otherwise. */
  name: string;
  expression: string;
  /** Format of its legend; empty for the labels that tell its series apart. */
  legend: string;
  hidden: boolean;
  /** Its family of colours when there are several, 1 to 8. */
  hue: number;
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

const letterAt = (index: number): string => LETTERS[index % LETTERS.length] ?? "A";

/** The first letter that no query has. */
const freeLetter = (taken: readonly string[]): string =>
  [...LETTERS].find((letter) => !taken.includes(letter)) ?? `Q${taken.length + 1}`;

const hueOf = (name: string, index: number): number => {
  const letter = name.length === 1 ? LETTERS.indexOf(name) : -1;
  return ((letter === -1 ? index : letter) % HUES) + 1;
};

/** Expressions of an address; always at least one, which may be empty. */
export const queriesOf = ({ e = "" }: ExploreSearch): Query[] => {
  const queries: Query[] = [];
  for (const [index, raw] of [e].flat().entries()) {
    const { x, n, f = "", h }: QuerySearch = typeof raw === "string" ? { x: raw } : raw;
    const taken = queries.map(({ name }) => name);
    const wished = n ?? letterAt(index);
    const name = taken.includes(wished) ? freeLetter(taken) : wished;
    queries.push({ name, expression: x, legend: f, hidden: h === 1, hue: hueOf(name, index) });
  }
  return queries;
};

/** The address with other expressions; a choice of series belongs to the old ones and goes. */
const withQueries = ({ o: _only, e: _queries, ...rest }: ExploreSearch, queries: Query[]) => {
  const packed = packQueries(
    queries.map(({ name, expression, legend, hidden }, index) => ({
      x: expression,
      ...(name === letterAt(index) ? {} : { n: name }),
      ...(legend === "" ? {} : { f: legend }),
      ...(hidden ? { h: 1 as const } : {}),
    })),
  );
  return packed === undefined ? rest : { ...rest, e: packed };
};

type Change = (search: ExploreSearch) => ExploreSearch;

const changed = (index: number, change: Partial<Query>): Change => {
  return (search) =>
    withQueries(
      search,
      queriesOf(search).map((query, at) => (at === index ? { ...query, ...change } : query)),
    );
};

export const setExpression = (index: number, expression: string): Change =>
  changed(index, { expression });
export const setLegend = (index: number, legend: string): Change =>
  changed(index, { legend: legend.trim() });
export const setHidden = (index: number, hidden: boolean): Change => changed(index, { hidden });

/** Gives a query another name; one that is empty or taken changes nothing. */
export const rename =
  (index: number, name: string): Change =>
  (search) => {
    const taken = queriesOf(search).some((query, at) => at !== index && query.name === name.trim());
    return name.trim() === "" || taken ? search : changed(index, { name: name.trim() })(search);
  };

/** Adds a query behind the others; a page has room for `MAX_QUERIES`. */
export const addQuery =
  (expression = ""): Change =>
  (search) => {
    const queries = queriesOf(search);
    if (queries.length >= MAX_QUERIES) return search;
    const name = freeLetter(queries.map((query) => query.name));
    return withQueries(search, [
      ...queries,
      { name, expression, legend: "", hidden: false, hue: hueOf(name, queries.length) },
    ]);
  };

export const removeQuery =
  (index: number): Change =>
  (search) =>
    withQueries(
      search,
      queriesOf(search).filter((_, at) => at !== index),
    );

/** Moves a query up (-1) or down (1); it takes its name along. */
export const moveQuery =
  (index: number, by: -1 | 1): Change =>
  (search) => {
    const queries = queriesOf(search);
    const [here, there] = [queries[index], queries[index + by]];
    if (here === undefined || there === undefined) return search;
    return withQueries(search, queries.with(index, there).with(index + by, here));
  };

/** Puts an expression where it disturbs least: into the first empty query, else into a new one. */
export const insertQuery =
  (expression: string): Change =>
  (search) => {
    const empty = queriesOf(search).findIndex((query) => query.expression.trim() === "");
    return empty === -1 ? addQuery(expression)(search) : setExpression(empty, expression)(search);
  };

/** The stretch of time that an address asks for. */
export const stretchOf = ({
  range = DEFAULT_EXPLORE_RANGE,
  from,
  to,
}: ExploreSearch): { windowMs: number } | View =>
  from !== undefined && to !== undefined ? { from, to } : { windowMs: EXPLORE_RANGES[range] };

/** Times to ask the server for: on whole steps, so that its cache and several queries fit together. */
export const timesOf = (search: ExploreSearch, nowMs: number): RangeTimes => {
  const stretch = stretchOf(search);
  const [from, to] =
    "windowMs" in stretch ? [nowMs - stretch.windowMs, nowMs] : [stretch.from, stretch.to];
  const stepMs = stepFor(to - from, search.step);
  const startMs = Math.ceil(from / stepMs) * stepMs;
  return { startMs, endMs: Math.max(startMs, Math.floor(to / stepMs) * stepMs), stepMs };
};

/** The address with another time; following begins anew with a relative one. */
export const withTime = (
  { range, from: _from, to: _to, live, ...rest }: ExploreSearch,
  time: Pick<ExploreSearch, "range" | "from" | "to" | "live">,
): ExploreSearch => ({
  ...rest,
  ...(range !== undefined && { range }),
  ...(live !== undefined && time.range === undefined && { live }),
  ...time,
});

/** Leaves a dragged stretch for the range before it. */
export const withoutView = ({ from: _from, to: _to, ...rest }: ExploreSearch): ExploreSearch =>
  rest;

const LEGEND = /\{\{\s*([^{}\s]+)\s*\}\}/g;

/** The name of a series by a format such as `{{job}} on {{instance}}`; null when there is none. */
export const formatLegend = (format: string, labels: Record<string, string>): string | null =>
  format === "" ? null : format.replace(LEGEND, (_, label: string) => labels[label] ?? "");

/** Fingerprints that an address chooses; null for all. */
export const onlyOf = ({ o }: ExploreSearch): Set<string> | null =>
  o === undefined ? null : new Set(o.split("."));

/** Series that an address may name before it becomes too long. */
const MAX_ONLY = 64;

/** The address after a click on one series: alone, or all again when it was alone already. */
export const isolated = (search: ExploreSearch, key: string): ExploreSearch => {
  const { o, ...rest } = search;
  return o === key ? rest : { ...rest, o: key };
};

/** The address after one series was added to or taken from those that are drawn. */
export const toggledSeries = (
  search: ExploreSearch,
  key: string,
  all: readonly string[],
): ExploreSearch => {
  const { o: _only, ...rest } = search;
  const chosen = onlyOf(search) ?? new Set(all);
  if (!chosen.delete(key)) chosen.add(key);
  const kept = all.filter((one) => chosen.has(one));
  if (kept.length === 0 || kept.length === all.length) return rest;
  return { ...rest, o: kept.slice(0, MAX_ONLY).join(".") };
};
