/** Severities of every vocabulary, from the least to the worst; see docs/alerting.md. */
const RANKS: Readonly<Record<string, number>> = {
  none: 0,
  info: 1,
  low: 1,
  warning: 2,
  medium: 2,
  error: 3,
  high: 3,
  critical: 4,
  page: 4,
  emergency: 5,
};

/** A word that nobody knows is taken for a warning: it must not hide what is worse. */
export const severityRank = (severity: string): number =>
  RANKS[severity.toLowerCase()] ?? RANKS["warning"] ?? 2;

export const worseOf = (a: string, b: string): string =>
  severityRank(b) > severityRank(a) ? b : a;

/** The severity of an alert by its label. */
export const severityOf = (labels: Readonly<Record<string, string>>): string =>
  labels["severity"] ?? "warning";

const MAOS = ["low", "low", "medium", "high", "critical", "critical"] as const;

/** The same in the words of MAOS. */
export const maosSeverity = (severity: string): (typeof MAOS)[number] =>
  MAOS[severityRank(severity)] ?? "medium";
