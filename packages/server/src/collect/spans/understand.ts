import { DIALECTS, numberOf, textAt, type Dialect } from "./dialects/index.ts";
import type { Attributes, Facets, Span, UnderstoodSpan } from "./model.ts";

/** Longest text of a facet: they name things, and become labels of series. */
const MAX_CHARACTERS = 256;

const emptyFacets = (): Facets => ({
  dialects: [],
  operation: "",
  agent: "",
  peer: "",
  workflow: "",
  task: "",
  conversation: "",
  user: "",
  provider: "",
  model: "",
  tool: "",
  toolCallId: "",
  inputTokens: 0,
  outputTokens: 0,
  cachedTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
  costUsd: undefined,
  errorType: "",
});

/** Takes over what `facets` does not say yet. */
function fill(facets: Record<string, unknown>, name: string, value: unknown): void {
  const known = facets[name];
  if (known !== undefined && known !== "" && known !== 0) return;
  if (typeof value === "string") facets[name] = value.slice(0, MAX_CHARACTERS);
  else if (value !== undefined) facets[name] = value;
}

function apply(dialect: Dialect, span: Span, scope: string, into: Record<string, unknown>): void {
  const { attributes } = span;
  for (const [name, value] of Object.entries(dialect.derive?.(span, scope) ?? {}))
    fill(into, name, value);
  if (dialect.operation !== undefined) {
    const { attribute, values } = dialect.operation;
    const word = textAt(attributes, attribute);
    if (Object.hasOwn(values, word)) fill(into, "operation", values[word]);
  }
  for (const [name, sources] of Object.entries(dialect.texts ?? {}))
    for (const source of sources) fill(into, name, textAt(attributes, source));
  for (const [name, sources] of Object.entries(dialect.numbers ?? {}))
    for (const source of sources) fill(into, name, numberOf(attributes.get(source)));
}

function prefixesOf(attributes: Attributes): Set<string> {
  const prefixes = new Set<string>();
  for (const name of attributes.keys()) {
    const dot = name.indexOf(".");
    prefixes.add(dot < 0 ? name : name.slice(0, dot));
  }
  return prefixes;
}

/** The class of an exception that was recorded as an event, as instrumentations without `error.type` do. */
function exceptionOf(span: Span): string {
  const event = span.events.findLast(({ name }) => name === "exception");
  return event === undefined ? "" : textAt(event.attributes, "exception.type");
}

/** A part that is larger than its whole was counted beside it. */
function settleTokens(facets: Facets): void {
  const fromCache = facets.cachedTokens + facets.cacheWriteTokens;
  if (fromCache > facets.inputTokens) facets.inputTokens += fromCache;
  if (facets.reasoningTokens > facets.outputTokens) facets.outputTokens += facets.reasoningTokens;
}

/** Finds what a span says about agents, in whatever dialects it speaks. Never throws. */
export function understand(span: Span, scope: string): UnderstoodSpan {
  const facets = emptyFacets();
  const prefixes = prefixesOf(span.attributes);
  const spoken = DIALECTS.filter((dialect) => dialect.prefixes.some((one) => prefixes.has(one)));
  for (const dialect of spoken)
    apply(dialect, span, scope, facets as unknown as Record<string, unknown>);
  settleTokens(facets);
  facets.dialects = spoken.map(({ name }) => name);
  if (span.status === 2) {
    if (facets.errorType === "") facets.errorType = textAt(span.attributes, "error.type");
    if (facets.errorType === "") facets.errorType = exceptionOf(span);
    if (facets.errorType === "") facets.errorType = "_OTHER";
  }
  return { span, scope, facets };
}
