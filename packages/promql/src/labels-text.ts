import type { Labels } from "./labels.ts";
import { quote } from "./syntax/strings.ts";

const legacyName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** Labels as upstream's errors show them: `{__name__="up", job="node"}`; names beyond the old alphabet are quoted. */
export function formatLabels(labels: Labels): string {
  const parts: string[] = [];
  for (const [name, value] of labels.entries()) {
    parts.push(`${legacyName.test(name) ? name : quote(name)}=${quote(value)}`);
  }
  return `{${parts.join(", ")}}`;
}
