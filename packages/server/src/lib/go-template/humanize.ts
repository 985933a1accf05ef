import { formatDigits, printFloat } from "./float.ts";
import { GoDuration, GoTime } from "./time.ts";
import { fail as failFunction, typeName, type Value } from "./values.ts";

/** `%.4g`. */
function four(value: number): string {
  if (!Number.isFinite(value)) return printFloat(value);
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  return sign + formatDigits(value, "g", 4);
}

const NUMBER = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|inf(?:inity)?|nan)$/i;

/** A float of whatever a template has; what cannot be one is an error in upstream's words. @throws FunctionError */
export function toFloat(value: Value): number {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  if (value instanceof GoDuration) return value.seconds;
  if (typeof value !== "string") return failFunction(`can't convert ${typeName(value)} to float`);
  if (!NUMBER.test(value))
    return failFunction(`strconv.ParseFloat: parsing ${JSON.stringify(value)}: invalid syntax`);
  const name = value.replace(/^[+-]/, "").toLowerCase();
  if (name === "nan") return Number.NaN;
  if (name.startsWith("inf")) return value.startsWith("-") ? -Infinity : Infinity;
  return Number(value);
}

const LARGE = ["", "k", "M", "G", "T", "P", "E", "Z", "Y"];
const BINARY = ["", "ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"];
const SMALL = ["", "m", "u", "n", "p", "f", "a", "z", "y"];

function scaleDown(value: number, prefixes: readonly string[], base: number): string {
  let rest = value;
  let at = 0;
  while (Math.abs(rest) >= base && at < prefixes.length - 1) {
    rest /= base;
    at++;
  }
  return four(rest) + (prefixes[at] ?? "");
}

function scaleUp(value: number): string {
  let rest = value;
  let at = 0;
  while (Math.abs(rest) < 1 && at < SMALL.length - 1) {
    rest *= 1000;
    at++;
  }
  return four(rest) + (SMALL[at] ?? "");
}

/** `1234567` is `1.235M`, `0.00012` is `120u`. */
export function humanize(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return four(value);
  return Math.abs(value) >= 1 ? scaleDown(value, LARGE, 1000) : scaleUp(value);
}

/** `1536` is `1.5ki`. */
export const humanize1024 = (value: number): string =>
  Math.abs(value) <= 1 || !Number.isFinite(value) ? four(value) : scaleDown(value, BINARY, 1024);

/** Seconds: `90061` is `1d 1h 1m 1s`, `0.0012` is `1.2ms`. */
export function humanizeDuration(value: number): string {
  if (!Number.isFinite(value)) return four(value);
  if (value === 0) return `${four(value)}s`;
  if (Math.abs(value) < 1) return `${scaleUp(value)}s`;
  const sign = value < 0 ? "-" : "";
  const size = Math.abs(value);
  const whole = Math.trunc(size);
  const parts: [number, string][] = [
    [Math.floor(whole / 86_400), "d"],
    [Math.floor(whole / 3600) % 24, "h"],
    [Math.floor(whole / 60) % 60, "m"],
    [whole % 60, "s"],
  ];
  const first = parts.findIndex(([count]) => count !== 0);
  if (first === parts.length - 1) return `${sign}${four(size)}s`;
  return (
    sign +
    parts
      .slice(first)
      .map(([count, unit]) => `${count}${unit}`)
      .join(" ")
  );
}

/** A ratio: `0.12345` is `12.35%`. */
export const humanizePercentage = (value: number): string => `${four(value * 100)}%`;

const MAX_NANOS = 2 ** 63;
const NANOS_PER_MS = 1_000_000n;

/** Unix seconds as a time of whole milliseconds. @throws FunctionError */
export function toTime(value: number): GoTime {
  if (!Number.isFinite(value)) failFunction("value is NaN or Inf");
  if (Math.abs(value * 1e9) > MAX_NANOS)
    failFunction(
      `${printFloat(value)} cannot be represented as a nanoseconds timestamp since it overflows int64`,
    );
  // By way of nanoseconds, as upstream: what a double loses there is lost here as well.
  const nanos = BigInt(Math.trunc(value * 1e9));
  return new GoTime((nanos / NANOS_PER_MS) * NANOS_PER_MS);
}

/** Unix seconds as `2006-01-02 15:04:05 +0000 UTC`. @throws FunctionError */
export const humanizeTimestamp = (value: number): string =>
  Number.isFinite(value) ? toTime(value).text() : four(value);
