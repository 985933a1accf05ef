import type { AnyValue } from "../../otlp/model.ts";
import type { Attributes, Facets, Operation, Span } from "../model.ts";

type TextFacet =
  | "agent"
  | "peer"
  | "workflow"
  | "task"
  | "conversation"
  | "user"
  | "provider"
  | "model"
  | "tool"
  | "toolCallId"
  | "errorType";
type NumberFacet =
  | "inputTokens"
  | "outputTokens"
  | "cachedTokens"
  | "cacheWriteTokens"
  | "reasoningTokens"
  | "costUsd";

/** How one producer's attributes say what the facets hold. One file per dialect, and one entry in the list of `index.ts`. */
export interface Dialect {
  name: string;
  /** First parts of attribute names, up to the first dot, that give it away. */
  prefixes: readonly string[];
  /**
   * Attributes of each facet; the first that is there counts. Input tokens MUST have cached ones in them and output tokens
   * reasoning: a dialect that counts these beside them adds them in `derive`.
   */
  texts?: Partial<Record<TextFacet, readonly string[]>>;
  numbers?: Partial<Record<NumberFacet, readonly string[]>>;
  /** The attribute that says what the span does, and what its values mean. */
  operation?: { attribute: string; values: Readonly<Record<string, Operation>> };
  /** What tables cannot say. Its answer comes before theirs. */
  derive?(span: Span, scope: string): Partial<Facets>;
}

/** Longest text of JSON that is looked into for a facet. */
const MAX_JSON_CHARACTERS = 262_144;

/** A text attribute; numbers become texts, anything else is nothing. */
export function textAt(attributes: Attributes, name: string): string {
  const value = attributes.get(name);
  if (typeof value === "string") return value;
  return typeof value === "number" ? String(value) : "";
}

/** A finite number that is not negative; a text that is one counts. */
export function numberOf(value: AnyValue): number | undefined {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) && number >= 0 ? number : undefined;
}

/** An object that an attribute holds as JSON; undefined when it holds none. */
export function jsonAt(
  attributes: Attributes,
  name: string,
): Readonly<Record<string, unknown>> | undefined {
  const text = attributes.get(name);
  if (typeof text !== "string" || !text.startsWith("{") || text.length > MAX_JSON_CHARACTERS)
    return undefined;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    // Many producers cut long values: the beginning of an object is not one.
    return undefined;
  }
}
