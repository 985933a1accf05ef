import { textOf, type AnyValue } from "../otlp/model.ts";
import { isContent } from "./content.ts";
import type { Attributes } from "./model.ts";

/**
 * Events that tell what was said to a model and what it answered: the one of now, and those of the conventions of before
 * (https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-events/).
 */
const TELLING =
  /^gen_ai\.(?:(?:system|user|assistant|tool)\.message|choice|content\.(?:prompt|completion)|client\.inference\.operation\.details)$/;

/** The body of such an event where it stands on a span. */
const BODY = "gen_ai.event.content";

/** A text that belongs to the contents of a span, as it came. */
export interface Said {
  name: string;
  text: string;
}

/**
 * What an event's body tells of its span: by the names of contents where it has such, else as a whole under the event's
 * name. Undefined when the event tells nothing of that kind.
 */
export function saidIn(event: string, body: AnyValue): readonly Said[] | undefined {
  if (!TELLING.test(event)) return undefined;
  const parts = typeof body === "object" && !Array.isArray(body) ? Object.entries(body) : [];
  const named = parts.filter(([name]) => isContent(name));
  const all = named.length > 0 ? named : [[event, body] as const];
  return all
    .map(([name, value]) => ({ name, text: textOf(value) }))
    .filter(({ text }) => text !== "");
}

/**
 * Takes an event on a span apart into what it says, which belongs to the span's contents, and the attributes that are left.
 * The conventions' events have their body in one attribute there, or its parts as attributes without a prefix.
 */
export function takeApart(
  event: string,
  attributes: Attributes,
): { said: readonly Said[]; rest: Attributes } {
  const isTelling = TELLING.test(event);
  const said: Said[] = [];
  const parts: [string, AnyValue][] = [];
  const rest = new Map<string, AnyValue>();
  for (const [name, value] of attributes) {
    if (isContent(name)) said.push({ name, text: textOf(value) });
    else if (isTelling && name === BODY) said.push({ name: event, text: textOf(value) });
    else if (isTelling && !name.includes(".")) parts.push([name, value]);
    else rest.set(name, value);
  }
  if (parts.length > 0) said.push({ name: event, text: textOf(Object.fromEntries(parts)) });
  return { said: said.filter(({ text }) => text !== ""), rest };
}
