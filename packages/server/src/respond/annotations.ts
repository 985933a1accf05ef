import type { ActiveEvaluation } from "#decide";
import { NAME_LABEL } from "#lib";

const PLACEHOLDER = /\{\{\s*\$(?:(value)|labels\.([a-zA-Z_][a-zA-Z0-9_]*))\s*\}\}/g;

const MAX_ANNOTATION_LENGTH = 8192;

const fill = (text: string, { value, labels }: ActiveEvaluation): string =>
  text
    .replace(PLACEHOLDER, (_, isValue: string | undefined, label: string | undefined) =>
      isValue === undefined ? (labels[label ?? ""] ?? "") : String(value),
    )
    .slice(0, MAX_ANNOTATION_LENGTH);

/**
 * The rule's annotations with `{{ $value }}` and `{{ $labels.name }}` filled in. A rule without a summary gets one
 * that says what was measured, and its description is told along.
 */
export function annotationsOf(evaluation: ActiveEvaluation): Record<string, string> {
  const { rule, labels, value } = evaluation;
  const annotations: Record<string, string> = {};
  for (const [name, text] of Object.entries(rule.annotations))
    annotations[name] = fill(text, evaluation);
  annotations["summary"] ??=
    `${labels[NAME_LABEL] ?? rule.metric} is ${value} (alerts when ${rule.condition} ${rule.threshold})`;
  if (rule.description !== "") annotations["description"] ??= fill(rule.description, evaluation);
  return annotations;
}
