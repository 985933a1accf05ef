import { RE2JS } from "re2js";

import { badRequest, describeError, parseMatcher, type Matcher } from "#lib";
import type { AlertFilter } from "#respond";

type Query = Readonly<Record<string, string | string[] | undefined>>;

/** Most filters of one request. */
const MAX_FILTERS = 100;

const listOf = (value: string | string[] | undefined): string[] => {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
};

/** `filter`, once for each matcher; some clients write `filter[]`. */
export function readFilters(query: Query): Matcher[] {
  const texts = [...listOf(query.filter), ...listOf(query["filter[]"])];
  if (texts.length > MAX_FILTERS) throw badRequest(`at most ${MAX_FILTERS} filters`);
  return texts.map(parseMatcher);
}

const TRUE = new Set(["true", "1", "yes", "ok", "y", "on", "selected", "checked", "t", "enabled"]);

/** A flag that is true when it is left out; what upstream does not know counts as false. */
export function readFlag(query: Query, name: string): boolean {
  const text = listOf(query[name]).at(-1);
  return text === undefined || text === "" || TRUE.has(text.toLowerCase());
}

function readReceiver(query: Query): ((name: string) => boolean) | undefined {
  const text = listOf(query.receiver).at(-1);
  if (text === undefined || text === "") return undefined;
  try {
    const pattern = RE2JS.compile(text);
    return (name) => pattern.matches(name);
  } catch (error) {
    throw badRequest(`failed to parse receiver param: ${describeError(error)}`);
  }
}

export const readAlertFilter = (query: Query): AlertFilter => ({
  matchers: readFilters(query),
  receiver: readReceiver(query),
  active: readFlag(query, "active"),
  silenced: readFlag(query, "silenced"),
  inhibited: readFlag(query, "inhibited"),
  muted: readFlag(query, "muted"),
  unprocessed: readFlag(query, "unprocessed"),
});

const DATE_TIME =
  /^\d{4}-\d{2}-\d{2}[tT ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?:[zZ]|[+-]\d{2}:?\d{2})?$/;

/** What Go writes for a time that was not given. */
const ZERO_MS = Date.parse("0001-01-01T00:00:00Z");

/**
 * Unix milliseconds of a time in a body; null when it is Go's zero time.
 * @returns undefined for a text that is no time.
 */
export function readTime(text: string): number | null | undefined {
  if (!DATE_TIME.test(text)) return undefined;
  const iso = text.replace(" ", "T").replace(",", ".");
  const ms = Date.parse(/[zZ]|[+-]\d{2}:?\d{2}$/.test(iso.slice(10)) ? iso : `${iso}Z`);
  if (Number.isNaN(ms)) return undefined;
  return ms === ZERO_MS ? null : ms;
}
