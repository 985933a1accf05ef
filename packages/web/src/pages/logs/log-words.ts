import type { LogLevel, LogPattern } from "@fleetlight/contract";

/** From what is loudest to what is quietest. */
export const LEVELS_DOWN: readonly LogLevel[] = [
  "fatal",
  "error",
  "warn",
  "info",
  "debug",
  "trace",
  "unspecified",
];

export const LEVEL_COLOURS: Readonly<Record<LogLevel, string>> = {
  fatal: "var(--fl-silenced)",
  error: "var(--fl-unhealthy)",
  warn: "var(--fl-degraded)",
  info: "var(--fl-info)",
  debug: "var(--fl-unknown)",
  trace: "var(--fl-line-strong)",
  unspecified: "var(--fl-line-strong)",
};

/** What is short enough for a column. */
export const levelWord = (level: LogLevel): string => (level === "unspecified" ? "–" : level);

/** Words that all lines of a pattern have, as a search. */
export function searchFor({ pattern }: Pick<LogPattern, "pattern">): string {
  const runs = pattern
    .split(/\s*\S*<[^<>\s]*>\S*\s*/)
    .map((run) => run.replaceAll('"', " ").trim())
    .filter((run) => /\w/.test(run));
  return runs
    .slice(0, 8)
    .map((run) => (/\s/.test(run) ? `"${run}"` : run))
    .map((run) => (/^-|[:=]/.test(run) && !run.startsWith('"') ? `"${run}"` : run))
    .join(" ");
}

/** The first line of a text, without the rest. */
export const firstLine = (body: string): string => {
  const end = body.indexOf("\n");
  return end < 0 ? body : body.slice(0, end);
};

/** Local time of day with milliseconds, `07:12:09.123`. */
export const clockOf = (time: string): string => {
  const at = new Date(time);
  const two = (value: number) => String(value).padStart(2, "0");
  const milliseconds = String(at.getMilliseconds()).padStart(3, "0");
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${milliseconds}`;
};
