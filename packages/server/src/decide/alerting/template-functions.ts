import { isIP } from "node:net";

import {
  ANY,
  capitalize,
  describeError,
  escapeQuery,
  failFunction,
  GoDuration,
  GoMap,
  GoSlice,
  GoStruct,
  humanize,
  humanize1024,
  humanizeDuration,
  humanizePercentage,
  humanizeTimestamp,
  matchText,
  parseDuration,
  replaceText,
  STRING,
  stringOf,
  TEMPLATE_LIMITS,
  TemplateCall,
  textFunction,
  toFloat,
  toLower,
  toTime,
  toUpper,
  type FunctionTable,
  type GoFunction,
  type LabelSet,
  type ParameterType,
  type Value,
} from "#lib";

/** One series of the result of a query inside of a template. */
export interface TemplateSample {
  labels: LabelSet;
  value: number;
}

export interface TemplateContext {
  /** Evaluates PromQL at a time; templates that ask fail where it is missing. */
  query?: (expr: string, timeMs: number) => Promise<readonly TemplateSample[]>;
  /** The moment of the evaluation, which is also what `now` says. */
  nowMs: number;
  externalUrl: string;
}

/** Most series of one query in a template. */
const MAX_QUERY_SERIES = 10_000;

const SAMPLE: ParameterType = {
  name: "*template.sample",
  accepts: (value) => value instanceof GoStruct && value.typeName === "*template.sample",
};
const SAMPLES: ParameterType = {
  name: "template.queryResult",
  accepts: (value) => value instanceof GoSlice && value.typeName === "template.queryResult",
};

const sampleOf = ({ labels, value }: TemplateSample): GoStruct =>
  new GoStruct(
    SAMPLE.name,
    new Map<string, Value>([
      ["Labels", GoMap.ofStrings(labels)],
      ["Value", value],
    ]),
  );

const itemsOf = (value: Value): readonly Value[] => (value instanceof GoSlice ? value.items : []);

const labelOf = (name: string, sample: Value): string => {
  const labels = sample instanceof GoStruct ? sample.fields.get("Labels") : undefined;
  return labels instanceof GoMap ? (stringOf(labels.get(name)) ?? "") : "";
};

/** A function of any number, also one in a text. */
const figure = (call: (value: number) => Value): GoFunction => ({
  parameters: [ANY],
  call: ([value]) => call(toFloat(value)),
});

/** Host and port, or undefined when the text is not both. */
function splitHostPort(text: string): [string, string] | undefined {
  const found = /^(?:\[([^[\]]*)\]|([^:[\]]*)):([^:[\]]*)$/.exec(text);
  return found ? [found[1] ?? found[2] ?? "", found[3] ?? ""] : undefined;
}

const stripPort = (text: string): string => splitHostPort(text)?.[0] ?? text;

function stripDomain(text: string): string {
  const [host, port] = splitHostPort(text) ?? [text, ""];
  if (isIP(host) !== 0) return text;
  const [name = ""] = host.split(".");
  return port === "" ? name : `${name}:${port}`;
}

function seconds(text: string): number {
  // Upstream knows no bare numbers here.
  if (!/[a-z]$/.test(text))
    return failFunction(`not a valid duration string: ${JSON.stringify(text)}`);
  try {
    return parseDuration(text) / 1000;
  } catch {
    return failFunction(`not a valid duration string: ${JSON.stringify(text)}`);
  }
}

const link = (tab: number) =>
  textFunction(1, (expr = "") => `/graph?g0.expr=${escapeQuery(expr)}&g0.tab=${tab}`);

const texts = (): [string, GoFunction][] => [
  ["toUpper", textFunction(1, (text = "") => toUpper(text))],
  ["toLower", textFunction(1, (text = "") => toLower(text))],
  ["title", textFunction(1, (text = "") => capitalize(text))],
  ["match", textFunction(2, (pattern = "", text = "") => matchText(pattern, text))],
  [
    "reReplaceAll",
    textFunction(3, (pattern = "", replacement = "", text = "") =>
      replaceText(pattern, replacement, text, TEMPLATE_LIMITS.maxOutputLength),
    ),
  ],
  // Annotations are plain text: whoever makes HTML of them escapes them.
  ["safeHtml", textFunction(1, (text = "") => text)],
  ["stripPort", textFunction(1, (text = "") => stripPort(text))],
  ["stripDomain", textFunction(1, (text = "") => stripDomain(text))],
  ["urlQueryEscape", textFunction(1, (text = "") => escapeQuery(text))],
  ["parseDuration", textFunction(1, (text = "") => seconds(text))],
  ["graphLink", link(0)],
  ["tableLink", link(1)],
];

const figures = (): [string, GoFunction][] => [
  ["humanize", figure(humanize)],
  ["humanize1024", figure(humanize1024)],
  ["humanizeDuration", figure(humanizeDuration)],
  ["humanizePercentage", figure(humanizePercentage)],
  ["humanizeTimestamp", figure(humanizeTimestamp)],
  ["toTime", figure(toTime)],
  ["toDuration", figure((value) => GoDuration.ofSeconds(value))],
];

/** Expands a template that the text defines, by a name that may be computed. */
const tmpl: GoFunction = {
  parameters: [STRING, ANY],
  call: ([name, data]) => new TemplateCall(stringOf(name) ?? "", data),
};

const samples = (): [string, GoFunction][] => [
  [
    "first",
    {
      parameters: [SAMPLES],
      call: ([list]) => {
        const items = itemsOf(list);
        return items.length > 0
          ? items[0]
          : failFunction("first() called on vector with no elements");
      },
    },
  ],
  [
    "label",
    {
      parameters: [STRING, SAMPLE],
      call: ([name, sample]) => labelOf(stringOf(name) ?? "", sample),
    },
  ],
  ["value", { parameters: [SAMPLE], call: ([sample]) => (sample as GoStruct).fields.get("Value") }],
  ["strvalue", { parameters: [SAMPLE], call: ([sample]) => labelOf("__value__", sample) }],
  [
    "sortByLabel",
    {
      parameters: [STRING, SAMPLES],
      call: ([name, list]) => {
        const by = (sample: Value) => labelOf(stringOf(name) ?? "", sample);
        const sorted = itemsOf(list).toSorted((a, b) =>
          by(a) < by(b) ? -1 : by(a) > by(b) ? 1 : 0,
        );
        return new GoSlice(sorted, SAMPLES.name);
      },
    },
  ],
  [
    "args",
    {
      parameters: [ANY],
      variadic: true,
      call: (args) =>
        new GoMap(new Map(args.map((value, index) => [`arg${index}`, value] as const))),
    },
  ],
];

async function ask(expr: string, { query, nowMs }: TemplateContext): Promise<Value> {
  if (query === undefined) return failFunction("queries cannot be made here");
  let result: readonly TemplateSample[];
  try {
    result = await query(expr, nowMs);
  } catch (error) {
    return failFunction(describeError(error));
  }
  if (result.length > MAX_QUERY_SERIES)
    failFunction(`a query in a template gives at most ${MAX_QUERY_SERIES} series`);
  return new GoSlice(result.map(sampleOf), SAMPLES.name);
}

/** Those that know where and when they are. */
const surroundings = (context: TemplateContext): [string, GoFunction][] => [
  ["query", { parameters: [STRING], call: ([expr]) => ask(stringOf(expr) ?? "", context) }],
  ["now", { parameters: [], call: () => context.nowMs / 1000 }],
  ["externalURL", { parameters: [], call: () => context.externalUrl }],
  ["pathPrefix", { parameters: [], call: () => pathOf(context.externalUrl) }],
];

function pathOf(url: string): string {
  const path = URL.parse(url)?.pathname ?? "";
  return path === "/" && !url.endsWith("/") ? "" : path;
}

const fixed = new Map<string, GoFunction>([...texts(), ...figures(), ...samples(), ["tmpl", tmpl]]);

const NAMES = new Set([
  ...fixed.keys(),
  ...surroundings({ nowMs: 0, externalUrl: "" }).map(([name]) => name),
]);

export const isTemplateFunction = (name: string): boolean => NAMES.has(name);

/** Prometheus' template functions for one evaluation. */
export function templateFunctions(context: TemplateContext): FunctionTable {
  const own = new Map(surroundings(context));
  return { get: (name) => own.get(name) ?? fixed.get(name) };
}
