import { badRequest } from "#lib";

const FREQUENCIES = ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"] as const;
type Frequency = (typeof FREQUENCIES)[number];

/** Codes of RFC 5545; 0 is Monday, as in `weekdayOf`. */
const DAY_CODES = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

/** Occurrences are counted from the first one, so that a large COUNT costs time at every question. */
const MAX_COUNT = 10_000;

const MAX_INTERVAL = 1000;
const MAX_VALUES = 62;

/** A weekday, or the n-th of a month or year when `ordinal` is not 0; negative ones count from the end. */
export interface RuleDay {
  ordinal: number;
  weekday: number;
}

/** The part of RFC 5545 that maintenance needs; empty lists restrict nothing. */
export interface RecurrenceRule {
  frequency: Frequency;
  interval: number;
  count: number | undefined;
  /** Last moment of a beginning: Unix milliseconds, or wall time when `untilIsWall`. */
  untilMs: number | undefined;
  untilIsWall: boolean;
  byDay: readonly RuleDay[];
  byMonthDay: readonly number[];
  byMonth: readonly number[];
  bySetPos: readonly number[];
  weekStart: number;
}

const KEYS = new Set([
  "FREQ",
  "INTERVAL",
  "COUNT",
  "UNTIL",
  "BYDAY",
  "BYMONTHDAY",
  "BYMONTH",
  "BYSETPOS",
  "WKST",
]);

function splitParts(text: string): Map<string, string> {
  const parts = new Map<string, string>();
  for (const part of text
    .trim()
    .replace(/^RRULE:/i, "")
    .split(";")) {
    if (part === "") continue;
    const [key = "", value, ...rest] = part.toUpperCase().split("=");
    if (value === undefined || value === "" || rest.length > 0)
      throw badRequest(`rrule: ${JSON.stringify(part)} is not KEY=VALUE`);
    if (!KEYS.has(key))
      throw badRequest(
        `rrule: ${JSON.stringify(key)} is not supported; use ${[...KEYS].join(", ")}`,
      );
    if (parts.has(key)) throw badRequest(`rrule: ${key} is given twice`);
    parts.set(key, value);
  }
  return parts;
}

function whole(key: string, text: string, least: number, most: number): number {
  const value = /^[+-]?\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most) || (least < 0 && value === 0))
    throw badRequest(`rrule: ${key}=${text.slice(0, 40)} is not a number from ${least} to ${most}`);
  return value;
}

function list<T>(parts: Map<string, string>, key: string, read: (text: string) => T): T[] {
  const texts = parts.get(key)?.split(",") ?? [];
  if (texts.length > MAX_VALUES)
    throw badRequest(`rrule: ${key} has more than ${MAX_VALUES} values`);
  return texts.map(read);
}

function readDay(text: string): RuleDay {
  const [, ordinal = "", code = ""] = /^([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)$/.exec(text) ?? [];
  if (code === "")
    throw badRequest(`rrule: BYDAY=${text.slice(0, 40)} is not a day such as MO or -1FR`);
  return {
    ordinal: ordinal === "" ? 0 : whole("BYDAY", ordinal, -53, 53),
    weekday: DAY_CODES.indexOf(code),
  };
}

function readUntil(text: string | undefined): Pick<RecurrenceRule, "untilMs" | "untilIsWall"> {
  if (text === undefined) return { untilMs: undefined, untilIsWall: false };
  const [, date, time = "235959", utc] = /^(\d{8})(?:T(\d{6})(Z)?)?$/.exec(text) ?? [];
  const iso = `${date?.replace(/(....)(..)(..)/, "$1-$2-$3")}T${time.replace(/(..)(..)(..)/, "$1:$2:$3")}Z`;
  const untilMs = Date.parse(iso);
  if (date === undefined || Number.isNaN(untilMs))
    throw badRequest(`rrule: UNTIL=${text.slice(0, 40)} is not a time such as 20261231T235959Z`);
  return { untilMs, untilIsWall: utc === undefined };
}

/** Ordinals have no meaning elsewhere, and what a rule ignores it should not say. */
function checkTogether(rule: RecurrenceRule): void {
  const hasOrdinals = rule.byDay.some(({ ordinal }) => ordinal !== 0);
  if (hasOrdinals && (rule.frequency === "DAILY" || rule.frequency === "WEEKLY"))
    throw badRequest(`rrule: BYDAY has no ordinals such as 2MO with FREQ=${rule.frequency}`);
  if (hasOrdinals && rule.byMonthDay.length > 0)
    throw badRequest("rrule: BYDAY with ordinals such as 2MO does not go with BYMONTHDAY");
  if (rule.frequency === "WEEKLY" && rule.byMonthDay.length > 0)
    throw badRequest("rrule: BYMONTHDAY does not go with FREQ=WEEKLY");
  if (rule.count !== undefined && rule.untilMs !== undefined)
    throw badRequest("rrule: give COUNT or UNTIL, not both");
  if (
    rule.bySetPos.length > 0 &&
    rule.byDay.length + rule.byMonthDay.length + rule.byMonth.length === 0
  )
    throw badRequest("rrule: BYSETPOS needs BYDAY, BYMONTHDAY or BYMONTH");
}

/**
 * Reads `FREQ=WEEKLY;BYDAY=SA,SU`, with or without `RRULE:` before it.
 * @throws FleetlightError `bad_request` that names the part.
 */
export function parseRecurrenceRule(text: string): RecurrenceRule {
  const parts = splitParts(text);
  const frequency = FREQUENCIES.find((one) => one === parts.get("FREQ"));
  if (frequency === undefined)
    throw badRequest(`rrule: FREQ must be one of ${FREQUENCIES.join(", ")}`);
  const count = parts.get("COUNT");
  const rule: RecurrenceRule = {
    frequency,
    interval: whole("INTERVAL", parts.get("INTERVAL") ?? "1", 1, MAX_INTERVAL),
    count: count === undefined ? undefined : whole("COUNT", count, 1, MAX_COUNT),
    ...readUntil(parts.get("UNTIL")),
    byDay: list(parts, "BYDAY", readDay),
    byMonthDay: list(parts, "BYMONTHDAY", (one) => whole("BYMONTHDAY", one, -31, 31)),
    byMonth: list(parts, "BYMONTH", (one) => whole("BYMONTH", one, 1, 12)),
    bySetPos: list(parts, "BYSETPOS", (one) => whole("BYSETPOS", one, -366, 366)),
    weekStart: readDay(parts.get("WKST") ?? "MO").weekday,
  };
  checkTogether(rule);
  return rule;
}
