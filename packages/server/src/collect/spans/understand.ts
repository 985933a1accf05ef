import { DIALECTS, numberOf, textAt } from "./dialects/index.ts";
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

/** Where the facets stand: pairs of a facet and an attribute, in the order in which they count. */
const pairsOf = (sources: Partial<Record<string, readonly string[]>> = {}): [string, string][] =>
  Object.entries(sources).flatMap(([name, names]) =>
    (names ?? []).map((source): [string, string] => [name, source]),
  );

const SPOKEN = DIALECTS.map((dialect) => ({
  dialect,
  texts: pairsOf(dialect.texts),
  numbers: pairsOf(dialect.numbers),
}));
type Spoken = (typeof SPOKEN)[number];

function apply(
  { dialect, texts, numbers }: Spoken,
  span: Span,
  scope: string,
  into: Record<string, unknown>,
): void {
  const { attributes } = span;
  if (dialect.derive !== undefined)
    for (const [name, value] of Object.entries(dialect.derive(span, scope)))
      fill(into, name, value);
  if (dialect.operation !== undefined) {
    const { attribute, values } = dialect.operation;
    const word = textAt(attributes, attribute);
    if (Object.hasOwn(values, word)) fill(into, "operation", values[word]);
  }
  for (const [name, source] of texts)
    if (attributes.has(source)) fill(into, name, textAt(attributes, source));
  for (const [name, source] of numbers)
    if (attributes.has(source)) fill(into, name, numberOf(attributes.get(source)));
}

/** Dialects by the first part of an attribute's name, as bits in the order of the list. */
const BITS = new Map<string, number>();
for (const [index, { prefixes }] of DIALECTS.entries())
  for (const prefix of prefixes) BITS.set(prefix, (BITS.get(prefix) ?? 0) | (1 << index));

function spokenIn(attributes: Attributes): Spoken[] {
  let bits = 0;
  for (const name of attributes.keys()) {
    const dot = name.indexOf(".");
    bits |= BITS.get(dot < 0 ? name : name.slice(0, dot)) ?? 0;
  }
  return bits === 0 ? [] : SPOKEN.filter((_, index) => (bits & (1 << index)) !== 0);
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

/** Tools that frameworks make for handing the conversation to another agent; some have spaces in the span's name alone. */
const HANDOFF = /^(?:handoff|transfer)[_ ](?:back[_ ])?to[_ ](.+)$/;

/** A tool that is a hand-off in disguise. */
function unmaskHandoff(facets: Facets): void {
  if (facets.operation !== "execute_tool") return;
  const peer = HANDOFF.exec(facets.tool)?.[1];
  if (peer === undefined) return;
  facets.operation = "handoff";
  facets.tool = "";
  if (facets.peer === "") facets.peer = peer;
}

/** Finds what a span says about agents, in whatever dialects it speaks. Never throws. */
export function understand(span: Span, scope: string): UnderstoodSpan {
  const facets = emptyFacets();
  const spoken = spokenIn(span.attributes);
  for (const one of spoken) apply(one, span, scope, facets as unknown as Record<string, unknown>);
  settleTokens(facets);
  unmaskHandoff(facets);
  facets.dialects = spoken.map(({ dialect }) => dialect.name);
  if (span.status === 2) {
    if (facets.errorType === "") facets.errorType = textAt(span.attributes, "error.type");
    if (facets.errorType === "") facets.errorType = exceptionOf(span);
    if (facets.errorType === "") facets.errorType = "_OTHER";
  }
  return { span, scope, facets };
}
