import { NAME_LABEL, type LabelSet } from "#lib";

const EXPORTED = "exported_";
/** Separates labels in the keys of the store, so no text of a target may hold it. */
const SEPARATOR = "\u0001";
const REPLACEMENT = "\u{fffd}";

const clean = (text: string): string =>
  text.includes(SEPARATOR) ? text.replaceAll(SEPARATOR, REPLACEMENT) : text;

/**
 * Labels of a series of a page with those of its target. They clash as in Prometheus: with `honorLabels` the page
 * wins, even with an empty value; without, the target wins and the page's label becomes `exported_…`.
 * The result is a map because its names are a stranger's; it holds no empty values.
 */
export function mergeLabels(
  series: LabelSet,
  target: LabelSet,
  honorLabels: boolean,
): Map<string, string> {
  const merged = new Map<string, string>();
  for (const [name, value] of Object.entries(series)) {
    if (value !== "" || honorLabels) merged.set(clean(name), clean(value));
  }
  const moved: [string, string][] = [];
  for (const [name, value] of Object.entries(target)) {
    const own = merged.get(name);
    if (own !== undefined && honorLabels) continue;
    if (own !== undefined) moved.push([name, own]);
    if (value !== "") merged.set(name, value);
    else if (own !== undefined) merged.delete(name);
  }
  moved.sort(([a], [b]) => a.length - b.length);
  for (const [name, value] of moved) {
    let renamed = EXPORTED + name;
    while (merged.has(renamed)) renamed = EXPORTED + renamed;
    merged.set(renamed, value);
  }
  for (const [name, value] of merged) if (value === "") merged.delete(name);
  return merged;
}

export interface LabelLimits {
  /** What stands before the names of limits in messages: `scrape.` where they are settings of that section. */
  prefix: string;
  label_limit: number;
  label_name_length_limit: number;
  label_value_length_limit: number;
}

/** UTF-8 takes at most three bytes for a unit of a string, so most texts need not be measured. */
const isLonger = (text: string, limit: number): boolean =>
  text.length * 3 > limit && Buffer.byteLength(text) > limit;

/** What a merged label set has too much of, in words; undefined when it is within the limits. */
export function exceededLimit(
  labels: ReadonlyMap<string, string>,
  limits: LabelLimits,
): string | undefined {
  const metric = JSON.stringify((labels.get(NAME_LABEL) ?? "").slice(0, 50));
  if (labels.size > limits.label_limit) {
    return `${metric} has ${labels.size} labels; ${limits.prefix}label_limit is ${limits.label_limit}`;
  }
  for (const [name, value] of labels) {
    if (isLonger(name, limits.label_name_length_limit)) {
      const limit = limits.label_name_length_limit;
      return `a label name of ${metric} is longer than ${limits.prefix}label_name_length_limit, ${limit} bytes`;
    }
    if (isLonger(value, limits.label_value_length_limit)) {
      const limit = limits.label_value_length_limit;
      return `label ${JSON.stringify(name.slice(0, 50))} of ${metric} is longer than ${limits.prefix}label_value_length_limit, ${limit} bytes`;
    }
  }
  return undefined;
}
