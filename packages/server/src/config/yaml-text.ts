import { describeError } from "#lib";
import { isAlias, isMap, isScalar, isSeq, parseDocument, type Document, type Node } from "yaml";

import { Positions, TextError, type ParsedText } from "./positions.ts";

/** Aliases that may be followed: enough for shared settings, too few for a text that unfolds without end. */
const MAX_ALIASES = 100;

function collect(node: unknown, path: (string | number)[], positions: Positions): void {
  const place = (key: number, child: unknown, childPath: (string | number)[]): void => {
    const value = (child as Node | null)?.range?.[0] ?? key;
    positions.set(childPath, { key, value });
    if (!isAlias(child)) collect(child, childPath, positions);
  };
  if (isMap(node)) {
    for (const { key, value } of node.items) {
      if (isScalar(key)) place(key.range?.[0] ?? 0, value, [...path, String(key.value)]);
    }
  } else if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) {
      place((item as Node | null)?.range?.[0] ?? 0, item, [...path, index]);
    }
  }
}

function toValue(document: Document.Parsed, positions: Positions): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown;
  } catch (error) {
    throw new TextError(describeError(error), positions.at(0));
  }
}

/** @throws TextError with the place of the first error. */
export function parseYamlText(text: string): ParsedText {
  const positions = new Positions(text);
  const document = parseDocument(text, { prettyErrors: false, uniqueKeys: true, merge: true });
  const [error] = document.errors;
  if (error) throw new TextError(error.message, positions.at(error.pos[0]));
  const start = document.contents?.range?.[0] ?? 0;
  positions.set([], { key: start, value: start });
  collect(document.contents, [], positions);
  return { value: toValue(document, positions) ?? {}, positions };
}
