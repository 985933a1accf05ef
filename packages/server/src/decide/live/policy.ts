import { Labels } from "@fleetlight/promql";

import { candidateOf, type Candidate, type Surroundings } from "../alerting/index.ts";
import type { LiveRule } from "./live-rule.ts";

/** What stands for the series in an alert about a rule that has no data, or cannot be evaluated. */
export const NO_DATA = Labels.fromObject({ reason: "no_data" });
const FAILING = Labels.fromObject({ reason: "error" });

const ERROR_ANNOTATION = "error";

/** The alert that the rule has no data; its wait and its texts are the rule's. */
export const noDataCandidate = (
  live: LiveRule,
  surroundings: Surroundings,
  atMs: number,
): Promise<Candidate> =>
  candidateOf(live.definition, { labels: NO_DATA, value: Number.NaN }, surroundings, atMs);

/** The alert that the rule cannot be evaluated. */
export async function failingCandidate(
  live: LiveRule,
  error: string,
  surroundings: Surroundings,
  atMs: number,
): Promise<Candidate> {
  const sample = { labels: FAILING, value: Number.NaN };
  const candidate = await candidateOf(live.definition, sample, surroundings, atMs);
  return { ...candidate, annotations: { ...candidate.annotations, [ERROR_ANNOTATION]: error } };
}

export const isAboutRule = ({ key }: Labels): boolean => key === NO_DATA.key || key === FAILING.key;
