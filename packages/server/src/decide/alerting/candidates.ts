import { Labels, type QueryResult } from "@fleetlight/promql";

import { describeError, NAME_LABEL } from "#lib";

import { ruleError, type Candidate } from "./alerting-rule.ts";
import { expandPlain, expandTemplate, type ExpandContext, type TemplateData } from "./template.ts";

export const ALERT_NAME_LABEL = "alertname";

/** What a rule says about its alerts; the values are templates. */
export interface AlertTexts {
  name: string;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
}

/** One element of the result of a rule's expression. */
export interface RuleSample {
  labels: Labels;
  value: number;
}

/** What templates are told besides the element itself. */
export interface Surroundings {
  externalLabels: Readonly<Record<string, string>>;
  externalUrl: string;
  /** Evaluates PromQL for the templates' function `query`. */
  query?: ExpandContext["query"];
  /** Told of templates that cannot be expanded. */
  onError?: (message: string) => void;
}

const dataOf = ({ labels, value }: RuleSample, surroundings: Surroundings): TemplateData => ({
  labels: labels.toObject(),
  externalLabels: surroundings.externalLabels,
  externalUrl: surroundings.externalUrl,
  value,
});

/** The series' labels without its name, then the rule's, of which empty ones remove, and `alertname`. */
function labelled(source: Labels, name: string, own: Iterable<readonly [string, string]>): Labels {
  let labels = source.without(NAME_LABEL);
  for (const [label, value] of own) labels = labels.with(label, value);
  return labels.with(ALERT_NAME_LABEL, name);
}

function expandPlainly(
  texts: Readonly<Record<string, string>>,
  data: TemplateData,
): Record<string, string> | undefined {
  const expanded: Record<string, string> = {};
  for (const [name, text] of Object.entries(texts)) {
    const result = expandPlain(text, data);
    if (result === undefined) return undefined;
    expanded[name] = result;
  }
  return expanded;
}

/** The alert of an element, at once; undefined when the rule has templates that take longer: see {@link candidateOf}. */
export function plainCandidate(
  texts: AlertTexts,
  sample: RuleSample,
  surroundings: Surroundings,
): Candidate | undefined {
  const data = dataOf(sample, surroundings);
  const own = expandPlainly(texts.labels, data);
  const annotations = own && expandPlainly(texts.annotations, data);
  if (annotations === undefined) return undefined;
  return {
    labels: labelled(sample.labels, texts.name, Object.entries(own ?? {})),
    annotations,
    source: sample.labels,
    value: sample.value,
  };
}

/** The alert of an element. A template that is wrong is told in its text, as upstream does. */
export async function candidateOf(
  texts: AlertTexts,
  sample: RuleSample,
  surroundings: Surroundings,
  nowMs: number,
): Promise<Candidate> {
  const plain = plainCandidate(texts, sample, surroundings);
  if (plain !== undefined) return plain;
  const data = dataOf(sample, surroundings);
  const { query, onError } = surroundings;
  const context = { nowMs, name: `__alert_${texts.name}`, ...(query && { query }) };
  const expand = async (templates: Readonly<Record<string, string>>) => {
    const expanded: [string, string][] = [];
    for (const [name, text] of Object.entries(templates)) {
      const result = await expandTemplate(text, data, context).catch((error: unknown) => {
        const message = describeError(error);
        onError?.(message);
        return `<error expanding template: ${message}>`;
      });
      expanded.push([name, result]);
    }
    return expanded;
  };
  return {
    labels: labelled(sample.labels, texts.name, await expand(texts.labels)),
    annotations: Object.fromEntries(await expand(texts.annotations)),
    source: sample.labels,
    value: sample.value,
  };
}

/**
 * The elements of a result; a scalar is one without labels, a histogram counts as NaN.
 * @throws FleetlightError `rule_failed` in upstream's words for any other result.
 */
export function ruleSamples({ data }: QueryResult): RuleSample[] {
  if (data.kind === "vector")
    return data.samples.map(({ labels, value, histogram }) => ({
      labels,
      value: histogram === undefined ? value : Number.NaN,
    }));
  if (data.kind === "scalar") return [{ labels: Labels.empty, value: data.value }];
  throw ruleError("rule result is not a vector or scalar");
}
