import { isContent } from "../spans/content.ts";
import { textOf, type AnyValue } from "../otlp/model.ts";

/**
 * Events that tell what was said to a model and what it answered: the one of now, and those of the conventions of before
 * (https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-events/).
 */
const TELLING =
  /^gen_ai\.(?:(?:system|user|assistant|tool)\.message|choice|content\.(?:prompt|completion)|client\.inference\.operation\.details)$/;

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
