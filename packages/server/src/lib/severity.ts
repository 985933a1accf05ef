/** From nothing to tell to the worst. The one vocabulary that all others are read in; docs/alerting.md shows it as a table. */
export const SEVERITY_LEVELS = [
  "none",
  "info",
  "low",
  "warning",
  "high",
  "critical",
  "emergency",
] as const;
export type SeverityLevel = (typeof SEVERITY_LEVELS)[number];

/** Further words that rules of other systems write into `severity`. */
const SYNONYMS: Readonly<Record<string, SeverityLevel>> = {
  informational: "info",
  notice: "info",
  minor: "low",
  warn: "warning",
  medium: "warning",
  error: "high",
  major: "high",
  fatal: "critical",
  page: "critical",
};

const LEVELS: ReadonlyMap<string, SeverityLevel> = new Map([
  ...SEVERITY_LEVELS.map((level) => [level, level] as const),
  ...Object.entries(SYNONYMS),
]);

/** The level of a word in any of the vocabularies; undefined for one that is in none. */
export const severityLevel = (word: string | undefined): SeverityLevel | undefined =>
  LEVELS.get(word?.toLowerCase() ?? "");

/** Higher is worse. A word that nobody knows is taken for a warning: it must not hide what is worse. */
export const severityRank = (word: string | undefined): number =>
  SEVERITY_LEVELS.indexOf(severityLevel(word) ?? "warning");
