import { severityRank } from "#lib";

export const worseOf = (a: string, b: string): string =>
  severityRank(b) > severityRank(a) ? b : a;

/** The severity of an alert by its label. */
export const severityOf = (labels: Readonly<Record<string, string>>): string =>
  labels["severity"] ?? "warning";

const MAOS = ["low", "low", "low", "medium", "high", "critical", "critical"] as const;

/** The same in the words of MAOS. */
export const maosSeverity = (severity: string): (typeof MAOS)[number] =>
  MAOS[severityRank(severity)] ?? "medium";
