/** Labels of one series, the name under `__name__`. An empty value means the label is absent. */
export type LabelSet = Readonly<Record<string, string>>;

export const NAME_LABEL = "__name__";

/** Tenant of every signal that names none (header `X-Scope-OrgID`). */
export const DEFAULT_TENANT = "default";

const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Label names in order, without those that are empty. */
export const labelNames = (labels: LabelSet): string[] =>
  Object.keys(labels)
    .filter((name) => labels[name] !== "")
    .toSorted(byCodeUnits);

/** Ends names and values in `labelKey`. */
export const KEY_END = "\u0001";
/** What stands for U+0001 inside a name or a value: a lone surrogate, which no UTF-8 text can hold. */
const ESCAPED_END = "\ud801";
const part = (text: string): string =>
  text.includes(KEY_END) ? text.replaceAll(KEY_END, ESCAPED_END) : text;

/**
 * One string per label set: names in order, each name and value ended by U+0001. Equal sets give equal strings,
 * different sets different ones.
 */
export function labelKey(labels: LabelSet): string {
  let key = "";
  for (const name of labelNames(labels))
    key += part(name) + KEY_END + part(labels[name] ?? "") + KEY_END;
  return key;
}

const quote = (value: string): string => JSON.stringify(value);

/** A label set as people write it: `http_requests_total{method="GET"}`. */
export function formatLabels(labels: LabelSet): string {
  const name = labels[NAME_LABEL] ?? "";
  const pairs = labelNames(labels)
    .filter((label) => label !== NAME_LABEL)
    .map((label) => `${label}=${quote(labels[label] ?? "")}`);
  return pairs.length > 0 ? `${name}{${pairs.join(",")}}` : name || "{}";
}
