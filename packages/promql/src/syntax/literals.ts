import { LiteralError } from "./error.ts";

const unitSeconds = { y: 31_536_000, w: 604_800, d: 86_400, h: 3600, m: 60, s: 1 };
/** The longest time a Go duration holds: 2^63 nanoseconds. */
const MAX_DURATION_SECONDS = 2 ** 63 / 1e9;

const groups = "[0-9](?:_?[0-9])*";
const decimal = new RegExp(
  `^(?:${groups}(?:\\.(?:${groups})?)?|\\.${groups})(?:[eE][+-]?${groups})?$`,
);
const hex = /^0[xX](?:_?[0-9a-fA-F])+$/;
const octal = /^0(?:_?[0-7])+$/;
const durationText =
  /^(?:([0-9]+)y)?(?:([0-9]+)w)?(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?(?:([0-9]+)ms)?$/;

/**
 * Reads a number without a sign as Prometheus does: integers in Go's syntax (hex, octal with a leading zero,
 * underscores between digits), otherwise decimal floats, which may end in a point.
 */
export function parseNumber(text: string): number {
  if (/^inf$/i.test(text)) return Infinity;
  if (/^nan$/i.test(text)) return NaN;
  const digits = text.replaceAll("_", "");
  if (hex.test(text)) return bounded(text, BigInt(digits));
  if (octal.test(text)) {
    const value = BigInt(`0o${digits.slice(1)}`);
    if (value < 2n ** 63n) return Number(value);
  }
  if (!decimal.test(text)) throw badSyntax(text);
  const value = Number(digits);
  if (value === Infinity) throw outOfRange(text);
  return value;
}

function bounded(text: string, value: bigint): number {
  if (value >= 2n ** 63n) throw outOfRange(text);
  return Number(value);
}

const outOfRange = (text: string): LiteralError =>
  new LiteralError(
    `error parsing number: strconv.ParseFloat: parsing "${text}": value out of range`,
  );

/** As far as upstream's lexer reads before it gives up: a number and one point too many, or a duration and what follows. */
const readBefore =
  /^(?:[0-9_]*\.[0-9_]*\.|[0-9]+(?:[smhdwy]s?(?:[0-9]+[smhdw]s?)*[0-9a-zA-Z_]*?(?:[0-9]+|[a-zA-Z_]))?)/;

const badSyntax = (text: string): LiteralError =>
  new LiteralError(`bad number or duration syntax: "${readBefore.exec(text)?.[0] ?? text}"`);

/** Reads `1h30m`: whole numbers with the units y w d h m s ms, each at most once and in this order. In seconds. */
export function parseDuration(text: string): number {
  const parts = durationText.exec(text);
  if (!parts || text === "") throw badDuration(text);
  const units = Object.values(unitSeconds);
  let seconds = 0;
  units.forEach((unit, index) => (seconds += Number(parts[index + 1] ?? 0) * unit));
  seconds = (seconds * 1000 + Number(parts[7] ?? 0)) / 1000;
  return checkDurationRange(seconds);
}

/** Numbers with units that a lexer lets pass; `hs` and the like are no units, though. */
const unitsInAnyOrder = /^[0-9]+[smhdwy]s?(?:[0-9]+[smhdw]s?)*$/;

function badDuration(text: string): LiteralError {
  if (!unitsInAnyOrder.test(text)) return badSyntax(text);
  const unit = /[0-9]([hdwys]s)(?:[0-9]|$)/.exec(text)?.[1];
  if (unit !== undefined) return new LiteralError(`unknown unit "${unit}" in duration "${text}"`);
  return new LiteralError(`not a valid duration string: "${text}"`);
}

/** Refuses what a Go duration cannot hold. */
export function checkDurationRange(seconds: number): number {
  if (!(Math.abs(seconds) < MAX_DURATION_SECONDS)) throw new LiteralError("duration out of range");
  return seconds;
}

/** Whether the token is a duration (`5m`) and not a number (`5`, `0x5d`, `1e3`). */
export function isDurationText(text: string): boolean {
  return /^[0-9]+(?:y|w|d|h|m|s)/.test(text);
}

/** Writes a number as Prometheus does: never with an exponent. */
export function formatNumber(value: number): string {
  if (value === Infinity) return "+Inf";
  if (value === -Infinity) return "-Inf";
  if (Object.is(value, -0)) return "-0";
  const text = String(value);
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (!match) return text;
  const [, sign = "", first = "", rest = "", power = ""] = match;
  const exponent = Number(power);
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${first}${rest}`;
  return `${sign}${first}${rest.padEnd(exponent, "0")}`;
}

/** Writes a length of time in Prometheus' canonical form (`1h30m`), to the millisecond. */
export function formatDuration(seconds: number): string {
  const sign = seconds < 0 ? "-" : "";
  let rest = BigInt(Math.trunc(Math.abs(seconds) * 1000 + 1e-6));
  if (rest === 0n) return "0s";
  let text = "";
  const put = (unit: string, size: bigint, exact: boolean): void => {
    if (rest < size || (exact && rest % size !== 0n)) return;
    text += `${rest / size}${unit}`;
    rest %= size;
  };
  put("y", 31_536_000_000n, true);
  put("w", 604_800_000n, true);
  put("d", 86_400_000n, false);
  put("h", 3_600_000n, false);
  put("m", 60_000n, false);
  put("s", 1000n, false);
  put("ms", 1n, false);
  return sign + text;
}
