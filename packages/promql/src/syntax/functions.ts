import type { ValueType } from "./ast.ts";

/** What a function takes and gives. The last argument type repeats for arguments beyond the list. */
export interface FunctionSignature {
  args: readonly ValueType[];
  /** How many arguments there must and may be. */
  min: number;
  max: number;
  returns: ValueType;
  /** Behind a feature flag in Prometheus 3.14. */
  experimental: boolean;
}

const types: Record<string, ValueType> = { v: "vector", m: "matrix", s: "scalar", t: "string" };

/** Signatures by the letters of their arguments; `?` after a letter: may be left out, `*`: none or more. */
const stable: Record<string, string> = {
  "": "pi time",
  s: "vector",
  v: `abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor histogram_avg histogram_count
    histogram_stddev histogram_stdvar histogram_sum ln log10 log2 rad scalar sgn sin sinh sort sort_desc sqrt tan
    tanh timestamp`,
  "v?": "day_of_month day_of_week day_of_year days_in_month hour minute month year",
  vs: "clamp_max clamp_min",
  "vs?": "round",
  vss: "clamp",
  sv: "histogram_quantile",
  ssv: "histogram_fraction",
  m: `absent_over_time avg_over_time changes count_over_time delta deriv idelta increase irate last_over_time
    max_over_time min_over_time present_over_time rate resets stddev_over_time stdvar_over_time sum_over_time`,
  ms: "predict_linear",
  sm: "quantile_over_time",
  vtttt: "label_replace",
  "vttt*": "label_join",
};

const experimental: Record<string, string> = {
  "": "end range start step",
  v: "start_timestamp",
  ss: "max_of min_of",
  m: `first_over_time mad_over_time ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time
    ts_of_min_over_time`,
  mss: "double_exponential_smoothing",
  "vv?": "info",
  "vt*": "sort_by_label sort_by_label_desc",
  "vtss?s?s?s?s?s?s?s?s?": "histogram_quantiles",
};

const returnsScalar = new Set([
  "pi",
  "time",
  "scalar",
  "end",
  "range",
  "start",
  "step",
  "max_of",
  "min_of",
]);

function* signatures(
  table: Record<string, string>,
  isExperimental: boolean,
): Generator<[string, FunctionSignature]> {
  for (const [letters, names] of Object.entries(table)) {
    const args = [...letters].flatMap((letter) => types[letter] ?? []);
    const optional = letters.split("?").length - 1;
    const many = letters.endsWith("*");
    for (const name of names.split(/\s+/)) {
      yield [
        name,
        {
          args,
          min: args.length - optional - (many ? 1 : 0),
          max: many ? Infinity : args.length,
          returns: returnsScalar.has(name) ? "scalar" : "vector",
          experimental: isExperimental,
        },
      ];
    }
  }
}

/** Every function of PromQL in Prometheus 3.14, by name. */
export const functions: ReadonlyMap<string, FunctionSignature> = new Map([
  ...signatures(stable, false),
  ...signatures(experimental, true),
]);
