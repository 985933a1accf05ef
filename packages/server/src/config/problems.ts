import { FleetlightError } from "#lib";

/** One thing that is wrong with the configuration. */
export interface ConfigProblem {
  /** The setting, such as `services[1].url`; empty when it is about the text as a whole. */
  path: string;
  /** What is wrong and, where it is known, what would be right. */
  message: string;
  /** File, environment variable or `command line`: where the wrong value came from. */
  source?: string;
  /** Position in the file, both from 1. */
  line?: number;
  column?: number;
}

/** Most problems that are reported at once. */
const MAX_PROBLEMS = 100;

export type ConfigPath = readonly PropertyKey[];

/** `["services", 1, "url"]` as people write it: `services[1].url`. */
export function formatPath(path: ConfigPath): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (/^[\w-]+$/.test(String(part))) text += text === "" ? String(part) : `.${String(part)}`;
    else text += `[${JSON.stringify(String(part))}]`;
  }
  return text;
}

/** `file:line:column: path: reason`, as editors and compilers write it. */
export function formatProblem(problem: ConfigProblem): string {
  const { source, line, column, path, message } = problem;
  const position = line === undefined ? "" : `:${line}:${column ?? 1}`;
  const where = source === undefined ? "" : `${source}${position}: `;
  return `${where}${path === "" ? "" : `${path}: `}${message}`;
}

/** A configuration that is not taken; `problems` holds everything that is wrong with it, in the order of the text. */
export class ConfigError extends FleetlightError {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[], options: { cause?: unknown } = {}) {
    const kept = problems.slice(0, MAX_PROBLEMS);
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
    const [first] = kept;
    super(
      "config_invalid",
      400,
      `${first ? formatProblem(first) : "the configuration is wrong"}${more}`,
      {
        details: kept.map((problem) => ({ path: problem.path, message: formatProblem(problem) })),
        ...options,
      },
    );
    this.name = "ConfigError";
    this.problems = kept;
  }
}
