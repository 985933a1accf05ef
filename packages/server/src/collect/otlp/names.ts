import type { Config } from "#config";

import type { OtlpMetric } from "./model.ts";

export type TranslationStrategy = Config["otlp"]["translation_strategy"];

/** UCUM units as Prometheus spells them; see its otlptranslator. */
const UNITS: Readonly<Record<string, string>> = {
  d: "days",
  h: "hours",
  min: "minutes",
  s: "seconds",
  ms: "milliseconds",
  us: "microseconds",
  ns: "nanoseconds",
  By: "bytes",
  KiBy: "kibibytes",
  MiBy: "mebibytes",
  GiBy: "gibibytes",
  TiBy: "tibibytes",
  KBy: "kilobytes",
  MBy: "megabytes",
  GBy: "gigabytes",
  TBy: "terabytes",
  m: "meters",
  V: "volts",
  A: "amperes",
  J: "joules",
  W: "watts",
  g: "grams",
  Cel: "celsius",
  Hz: "hertz",
  "1": "",
  "%": "percent",
};
const PER_UNITS: Readonly<Record<string, string>> = {
  s: "second",
  m: "minute",
  h: "hour",
  d: "day",
  w: "week",
  mo: "month",
  y: "year",
};

const own = (map: Readonly<Record<string, string>>, key: string): string =>
  Object.hasOwn(map, key) ? (map[key] ?? key) : key;

/** A unit's word, without what stands in braces, which is an annotation. */
function word(map: Readonly<Record<string, string>>, unit: string): string {
  const trimmed = unit.trim();
  return trimmed === "" || /[{}]/.test(trimmed) ? "" : own(map, trimmed);
}

function unitWords(unit: string): { main: string; per: string } {
  const slash = unit.indexOf("/");
  if (slash < 0) return { main: word(UNITS, unit), per: "" };
  return { main: word(UNITS, unit.slice(0, slash)), per: word(PER_UNITS, unit.slice(slash + 1)) };
}

const isCounter = ({ kind, monotonic }: OtlpMetric): boolean => kind === "sum" && monotonic;
const isRatio = ({ kind, unit, monotonic }: OtlpMetric): boolean =>
  unit === "1" && (kind === "gauge" || (kind === "sum" && !monotonic));

const tokensOf = (name: string): string[] =>
  name.split(/[^a-zA-Z0-9:]+/).filter((token) => token !== "");
const joined = (tokens: readonly string[]): string => {
  const name = tokens.join("_");
  return /^\d/.test(name) ? `_${name}` : name;
};
const moveToEnd = (tokens: string[], token: string): string[] => [
  ...tokens.filter((one) => one !== token),
  token,
];

function escapedWithSuffixes(metric: OtlpMetric): string {
  let tokens = tokensOf(metric.name);
  const { main, per } = unitWords(metric.unit);
  const mainWord = tokensOf(main).join("_");
  const perWord = tokensOf(per).join("_");
  if (mainWord !== "" && !tokens.includes(mainWord)) tokens.push(mainWord);
  if (perWord !== "" && !tokens.includes(perWord)) tokens.push("per", perWord);
  if (isCounter(metric)) tokens = moveToEnd(tokens, "total");
  if (isRatio(metric)) tokens = moveToEnd(tokens, "ratio");
  return joined(tokens);
}

/** The name ends in the suffix once, whether it did before or not. */
const ending = (name: string, suffix: string): string =>
  suffix === "" || name.endsWith(`_${suffix}`) || name === suffix ? name : `${name}_${suffix}`;

function withSuffixes(metric: OtlpMetric): string {
  const { main, per } = unitWords(metric.unit);
  let name = metric.name;
  if (isCounter(metric)) name = name.replace(/_total$/, "");
  if (isRatio(metric)) name = name.replace(/_ratio$/, "");
  name = ending(name, main);
  if (per !== "") name = ending(name, `per_${per}`);
  if (isCounter(metric)) name = ending(name, "total");
  return isRatio(metric) ? ending(name, "ratio") : name;
}

/** A metric's name in Prometheus, as its `otlp.translation_strategy` says. */
export function metricName(metric: OtlpMetric, strategy: TranslationStrategy): string {
  switch (strategy) {
    case "UnderscoreEscapingWithSuffixes":
      return escapedWithSuffixes(metric);
    case "UnderscoreEscapingWithoutSuffixes":
      return joined(tokensOf(metric.name));
    case "NoUTF8EscapingWithSuffixes":
      return withSuffixes(metric);
    case "NoTranslation":
      return metric.name;
  }
}

/** An attribute's key as a label's name. */
export function labelName(key: string, strategy: TranslationStrategy): string {
  if (strategy === "NoTranslation" || strategy === "NoUTF8EscapingWithSuffixes") return key;
  // A character beyond U+FFFF is one, not two.
  const name = key.replace(/[^a-zA-Z0-9_]/gu, "_");
  if (/^\d/.test(name)) return `key_${name}`;
  return name.startsWith("_") && !name.startsWith("__") ? `key${name}` : name;
}
