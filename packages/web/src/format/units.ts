/** What a number means; decides its scale, its suffix and the ticks of its axis. */
export type Unit =
  | "none"
  | "bytes"
  | "bytes_per_second"
  | "seconds"
  | "percent"
  | "ratio"
  | "per_second"
  | "celsius"
  | "watts"
  | "count"
  | "timestamp";

/** Shown wherever a number is missing, so that a gap is never mistaken for a zero. */
export const MISSING = "–";

const SUFFIXES: [RegExp, Unit][] = [
  [/_timestamp_seconds$|_boot_time_seconds$|_start_time_seconds$/, "timestamp"],
  [/_bytes(_total|_sum)?$/, "bytes"],
  [/_seconds(_total|_sum)?$/, "seconds"],
  [/_(ratio|fraction)$/, "ratio"],
  [/_percent(age)?$/, "percent"],
  [/_celsius$/, "celsius"],
  [/_watts$/, "watts"],
];

const DECLARED: ReadonlyMap<string, Unit> = new Map([
  ["bytes", "bytes"],
  ["seconds", "seconds"],
  ["ratio", "ratio"],
  ["percent", "percent"],
  ["celsius", "celsius"],
  ["watts", "watts"],
]);

/** The unit of a metric: what its exposition declared, else what its name ends in. */
export const unitOf = (name: string, declared = ""): Unit => {
  const known = DECLARED.get(declared.toLowerCase());
  const byName = SUFFIXES.find(([suffix]) => suffix.test(name))?.[1];
  if (byName === "timestamp") return byName;
  return known ?? byName ?? "none";
};

/** The unit of a counter of `unit` once it is shown as a rate. Seconds per second is a share of one core. */
export const rateUnit = (unit: Unit): Unit => {
  if (unit === "bytes") return "bytes_per_second";
  if (unit === "seconds") return "ratio";
  return "per_second";
};

const BINARY = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
const THOUSANDS = ["", "k", "M", "G", "T"];

/** At most `digits` significant figures, without the trailing zeros that only look exact. */
const significant = (value: number, digits = 3): string => {
  if (value === 0) return "0";
  const magnitude = Math.floor(Math.log10(Math.abs(value)));
  if (magnitude < -6) return value.toExponential(1);
  const decimals = Math.min(20, Math.max(0, digits - 1 - magnitude));
  const text = value.toFixed(decimals);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
};

const scaled = (value: number, step: number, names: string[]): [string, string] => {
  let index = 0;
  let rest = value;
  while (Math.abs(rest) >= step && index < names.length - 1) {
    rest /= step;
    index += 1;
  }
  return [significant(rest), names[index] ?? ""];
};

const secondsParts = (value: number): [string, string] => {
  const size = Math.abs(value);
  if (size === 0) return ["0", "s"];
  if (size < 1e-3) return [significant(value * 1e6), "µs"];
  if (size < 1) return [significant(value * 1e3), "ms"];
  if (size < 120) return [significant(value), "s"];
  if (size < 7200) return [significant(value / 60), "min"];
  if (size < 172_800) return [significant(value / 3600), "h"];
  return [significant(value / 86_400), "d"];
};

const perSecond = ([number, suffix]: [string, string]): [string, string] => [number, `${suffix}/s`];

const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** A whole number with thousands apart, e.g. `12,480`. */
export const formatCount = (value: number | null | undefined): string =>
  value === null || value === undefined ? MISSING : grouped.format(value);

const WRITERS: Record<Unit, (value: number) => [string, string]> = {
  none: (value) => scaled(value, 1000, THOUSANDS),
  count: (value) =>
    Math.abs(value) < 1e6 ? [formatCount(value), ""] : scaled(value, 1000, THOUSANDS),
  bytes: (value) => scaled(value, 1024, BINARY),
  bytes_per_second: (value) => perSecond(scaled(value, 1024, BINARY)),
  per_second: (value) => perSecond(scaled(value, 1000, THOUSANDS)),
  seconds: secondsParts,
  percent: (value) => [significant(value), "%"],
  ratio: (value) => [significant(value * 100), "%"],
  celsius: (value) => [significant(value), "°C"],
  watts: (value) => [significant(value), "W"],
  timestamp: (value) => {
    const date = new Date(value * 1000);
    if (Number.isNaN(date.getTime())) return [String(value), "s"];
    return [date.toISOString().slice(0, 19).replace("T", " "), "UTC"];
  },
};

/** Number and suffix apart, so that a figure can be set large and its unit small. */
export const parts = (value: number | null | undefined, unit: Unit): [string, string] => {
  if (value === null || value === undefined || Number.isNaN(value)) return [MISSING, ""];
  if (!Number.isFinite(value)) return [value > 0 ? "∞" : "−∞", ""];
  return WRITERS[unit](value);
};

const TIGHT = new Set(["%", "", "k", "M", "G", "T"]);

/** A number with its unit, e.g. `1.5 GiB`, `12 ms`, `99.2%`, `3.4k`, `12/s`. */
export const formatValue = (value: number | null | undefined, unit: Unit): string => {
  const [number, suffix] = parts(value, unit);
  const tight = TIGHT.has(suffix) || (unit === "per_second" && number !== MISSING);
  return tight ? `${number}${suffix}` : `${number}\u00a0${suffix}`;
};

/** `1 service`, `2 services`. */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`;
