import {
  expandText,
  GoMap,
  GoStruct,
  printFloat,
  TemplateError,
  TemplateParser,
  type Expr,
  type LabelSet,
  type ParsedTemplate,
  type Value,
} from "#lib";

import {
  isTemplateFunction,
  templateFunctions,
  type TemplateSample,
} from "./template-functions.ts";

/** What a rule's templates are told about one element of the result. */
export interface TemplateData {
  labels: LabelSet;
  externalLabels: LabelSet;
  externalUrl: string;
  value: number;
}

export interface ExpandContext {
  /** Evaluates PromQL for the function `query`. */
  query?: (expr: string, timeMs: number) => Promise<readonly TemplateSample[]>;
  /** The moment of the evaluation. */
  nowMs: number;
  /** What errors call the template: `__alert_HighLoad`. */
  name: string;
}

/** The variables that upstream puts before every text; the place of errors does not count them. */
const VARIABLES: readonly (readonly [string, string])[] = [
  ["$labels", "Labels"],
  ["$externalLabels", "ExternalLabels"],
  ["$externalURL", "ExternalURL"],
  ["$value", "Value"],
];

const parser = new TemplateParser(isTemplateFunction, {
  variables: VARIABLES.map(([name]) => name),
});

function structOf({ labels, externalLabels, externalUrl, value }: TemplateData): GoStruct {
  return new GoStruct(
    "struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; Value interface {} }",
    new Map<string, Value>([
      ["Labels", GoMap.ofStrings(labels)],
      ["ExternalLabels", GoMap.ofStrings(externalLabels)],
      ["ExternalURL", externalUrl],
      ["Value", value],
    ]),
  );
}

/**
 * Expands a label or annotation of a rule as Prometheus does.
 * @throws TemplateError with upstream's words and the place.
 */
export async function expandTemplate(
  text: string,
  data: TemplateData,
  context: ExpandContext,
): Promise<string> {
  if (!text.includes("{{")) return text;
  const { name, ...surroundings } = context;
  const root = structOf(data);
  const { externalUrl } = data;
  try {
    return await expandText(parser.parse(name, text), root, {
      functions: templateFunctions({ ...surroundings, externalUrl }),
      variables: VARIABLES.map(([variable, field]) => ({
        name: variable,
        value: root.fields.get(field),
      })),
    });
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    const { phase, place, message } = error;
    const doing = phase === "parse" ? "parsing" : "executing";
    throw new TemplateError(phase, place, `error ${doing} template ${name}: ${message}`);
  }
}

/** @throws TemplateError when the text cannot be read or names what does not exist. */
export function checkTemplate(text: string, name: string): void {
  if (text.includes("{{")) parser.parse(name, text);
}

type Part = string | ((data: TemplateData) => string);

/** How a lone `{{ $labels.x }}` or `{{ $value }}` is filled in; undefined for anything else. */
function plainPart(expr: Expr): Part | undefined {
  const [variable, ...names] =
    expr.kind === "variable"
      ? [VARIABLES.find(([name]) => name === expr.name)?.[1], ...expr.names]
      : expr.kind === "field"
        ? expr.names
        : [];
  const [label, ...more] = names;
  if (variable === "Value" && label === undefined) return ({ value }) => printFloat(value);
  if (variable === "ExternalURL" && label === undefined) return ({ externalUrl }) => externalUrl;
  if (label === undefined || more.length > 0) return undefined;
  const read = (labels: LabelSet) => (Object.hasOwn(labels, label) ? (labels[label] ?? "") : "");
  if (variable === "Labels") return ({ labels }) => read(labels);
  if (variable === "ExternalLabels") return ({ externalLabels }) => read(externalLabels);
  return undefined;
}

function planOf([tree]: ParsedTemplate): readonly Part[] | undefined {
  const parts: Part[] = [];
  for (const node of tree?.nodes ?? []) {
    if (node.kind === "text") parts.push(node.text);
    else if (node.kind !== "action" || node.pipe.declares.length > 0) return undefined;
    else {
      const [command, ...others] = node.pipe.commands;
      if (command === undefined || others.length > 0 || command.args.length > 1) return undefined;
      const part = plainPart(command.args[0]);
      if (part === undefined) return undefined;
      parts.push(part);
    }
  }
  return parts;
}

/** Plans by the parsed text, which the parser keeps for as long as it is in use. */
const plans = new WeakMap<ParsedTemplate, readonly Part[] | false>();

/**
 * Expands at once what has nothing but text, labels and the value; undefined for every other template, and for one that is
 * wrong: those are for {@link expandTemplate}.
 */
export function expandPlain(text: string, data: TemplateData): string | undefined {
  if (!text.includes("{{")) return text;
  let parsed: ParsedTemplate;
  try {
    parsed = parser.parse("", text);
  } catch {
    return undefined;
  }
  let plan = plans.get(parsed);
  if (plan === undefined) {
    plan = planOf(parsed) ?? false;
    plans.set(parsed, plan);
  }
  if (plan === false) return undefined;
  let result = "";
  for (const part of plan) result += typeof part === "string" ? part : part(data);
  return result;
}
