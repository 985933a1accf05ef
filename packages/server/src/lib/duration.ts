import { badRequest } from "./errors.ts";

/** A length of time in milliseconds. */
export type DurationMs = number;

const SECOND = 1000;
const DAY = 86_400 * SECOND;

/** Units in the order in which they may follow one another; a year is 365 days, as in Prometheus. */
const UNITS: readonly (readonly [string, DurationMs])[] = [
  ["y", 365 * DAY],
  ["w", 7 * DAY],
  ["d", DAY],
  ["h", 3600 * SECOND],
  ["m", 60 * SECOND],
  ["s", SECOND],
  ["ms", 1],
];

/** Longest text looked at: seven units of ten digits fit easily. */
const MAX_TEXT_LENGTH = 100;

/** Longest duration: its milliseconds stay exact when they are added to a time. */
const MAX_DURATION: DurationMs = 10_000 * 365 * DAY;

const PARTS = new RegExp(`^${UNITS.map(([unit]) => `(?:(\\d+(?:\\.\\d+)?)${unit})?`).join("")}$`);
const PLAIN_NUMBER = /^\d+(?:\.\d+)?$/;

/** Milliseconds of a text in Prometheus' notation, or undefined when it is not in it. */
function parseText(text: string): DurationMs | undefined {
  if (text === "" || text.length > MAX_TEXT_LENGTH) return undefined;
  if (PLAIN_NUMBER.test(text)) return Number(text) * SECOND;
  const parts = PARTS.exec(text);
  if (!parts) return undefined;
  let total = 0;
  for (const [index, [, size]] of UNITS.entries()) total += Number(parts[index + 1] ?? 0) * size;
  return total;
}

/**
 * Reads `15s`, `1h30m`, `100y`; a plain number, also as text, is seconds. Fractions of a millisecond are rounded.
 * @throws FleetlightError `bad_request` when the value is none of these, negative or above 10,000 years.
 */
export function parseDuration(value: string | number): DurationMs {
  const parsed = typeof value === "number" ? value * SECOND : parseText(value.trim());
  if (parsed === undefined || !(parsed >= 0)) {
    const shown = JSON.stringify(value).slice(0, MAX_TEXT_LENGTH);
    throw badRequest(`${shown} is not a duration such as 500ms, 15s, 1h30m, 30d or 100y`);
  }
  if (parsed > MAX_DURATION) throw badRequest("a duration is at most 10000y");
  return Math.round(parsed);
}

/** The shortest exact text of a duration: `90_000` is `1m30s`, `0` is `0s`. */
export function formatDuration(durationMs: DurationMs): string {
  let rest = Math.round(durationMs);
  if (rest <= 0) return "0s";
  let text = "";
  for (const [unit, size] of UNITS) {
    // 7d and 30d are how people write retention; weeks would only be read back by counting.
    if (unit === "w" || (unit === "y" && rest % size !== 0)) continue;
    const count = Math.floor(rest / size);
    if (count === 0) continue;
    text += `${count}${unit}`;
    rest -= count * size;
  }
  return text;
}
