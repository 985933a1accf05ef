import type { z } from "zod";

import type { Overlay } from "./env.ts";
import type { Positions } from "./positions.ts";
import { formatPath, type ConfigPath, type ConfigProblem } from "./problems.ts";
import { ConfigShape } from "./schema.ts";
import { suggest } from "./suggest.ts";
import { keysOf, settingAt } from "./walk.ts";

/** Where the values of a configuration came from. */
export interface Provenance {
  file: { name: string; positions: Positions } | undefined;
  /** Strongest last. */
  overlays: readonly Overlay[];
}

const startsWith = (path: ConfigPath, prefix: ConfigPath): boolean =>
  prefix.length <= path.length &&
  prefix.every((part, index) => String(path[index]) === String(part));

type Where = Pick<ConfigProblem, "source" | "line" | "column">;

function locate(path: ConfigPath, from: Provenance, what: "key" | "value"): Where {
  const overlay = from.overlays.findLast((candidate) => startsWith(path, candidate.path));
  if (overlay) return { source: overlay.source };
  if (!from.file) return {};
  const { name, positions } = from.file;
  return { source: name, ...(what === "key" ? positions.ofKey(path) : positions.ofValue(path)) };
}

const valueAt = (root: unknown, path: ConfigPath): unknown =>
  path.reduce<unknown>(
    (value, part) => (value as Record<PropertyKey, unknown> | null | undefined)?.[part],
    root,
  );

/** Zod's sentence as the end of ours: `expected number, received string`. */
function tidy(message: string): string {
  const text = message.replace(/^Invalid (?:input|string|option): /, "");
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function unknownKey(shape: z.core.$ZodType, path: ConfigPath, key: string): string {
  const setting = settingAt(shape, path);
  const known = Object.keys((setting && keysOf(setting)) ?? {});
  const meant = suggest(key, known);
  const hint =
    meant === undefined
      ? `; known here: ${known.toSorted().join(", ")}`
      : `; did you mean ${JSON.stringify(meant)}?`;
  return `unknown key ${JSON.stringify(key)}${hint}`;
}

function messageOf(issue: z.core.$ZodIssue, input: unknown): string {
  if (issue.code === "invalid_key") return tidy(issue.issues[0]?.message ?? issue.message);
  const missing = issue.path.length > 0 && valueAt(input, issue.path) === undefined;
  if (missing && issue.code !== "custom") return "is required";
  return tidy(issue.message);
}

/** Turns what the schema says about a configuration into problems with places, in the order of the text. */
export function toProblems(
  issues: readonly z.core.$ZodIssue[],
  input: unknown,
  from: Provenance,
  shape: z.core.$ZodType = ConfigShape,
): ConfigProblem[] {
  const problems = issues.flatMap((issue): ConfigProblem[] => {
    if (issue.code !== "unrecognized_keys") {
      const what = issue.code === "invalid_key" ? "key" : "value";
      return [
        {
          path: formatPath(issue.path),
          message: messageOf(issue, input),
          ...locate(issue.path, from, what),
        },
      ];
    }
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      return {
        path: formatPath(path),
        message: unknownKey(shape, issue.path, key),
        ...locate(path, from, "key"),
      };
    });
  });
  return problems.toSorted(
    (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  );
}
