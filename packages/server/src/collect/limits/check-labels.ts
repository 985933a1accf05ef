import type { Config } from "#config";
import { NAME_LABEL } from "#lib";

import type { Refusal } from "./counters.ts";

export type LabelLimits = Config["limits"];

/** What is wrong with a series; `message` is for the sender. */
export interface SeriesFault {
  reason: Refusal;
  message: string;
}

/** A text on its way into an answer or a log: quoted, and cut when it is long. */
export const quoted = (text: string): string =>
  JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);

const invalid = (message: string): SeriesFault => ({ reason: "invalid_labels", message });

const beyond = (limit: keyof LabelLimits, value: number, message: string): SeriesFault => ({
  reason: "label_limit",
  message: `${message}; limits.${limit} is ${value}`,
});

/**
 * Checks the labels of a new series: a name, no label twice, nothing longer than allowed. Names may be any UTF-8 text,
 * as in Prometheus 3; labels without a value count as absent.
 */
export function checkLabels(
  pairs: readonly (readonly [name: string, value: string])[],
  limits: LabelLimits,
): SeriesFault | undefined {
  const seen = new Set<string>();
  let hasName = false;
  for (const [name, value] of pairs) {
    if (name === "") return invalid("a label has an empty name");
    if (seen.has(name)) return invalid(`duplicated label ${quoted(name)}`);
    seen.add(name);
    if (value === "") continue;
    if (name === NAME_LABEL) hasName = true;
    if (Buffer.byteLength(name) > limits.max_label_name_length)
      return beyond(
        "max_label_name_length",
        limits.max_label_name_length,
        `the label name ${quoted(name)} is too long`,
      );
    if (Buffer.byteLength(value) > limits.max_label_value_length)
      return beyond(
        "max_label_value_length",
        limits.max_label_value_length,
        `the value of label ${quoted(name)} is too long`,
      );
  }
  if (!hasName) return invalid("invalid metric name or labels: the series has no name");
  if (pairs.length > limits.max_labels_per_series)
    return beyond(
      "max_labels_per_series",
      limits.max_labels_per_series,
      `the series has ${pairs.length} labels`,
    );
  return undefined;
}
