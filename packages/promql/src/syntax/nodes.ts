import type { SyntaxNode } from "@lezer/common";

import { LiteralError, PromQLError } from "./error.ts";
import type { NumberLiteral, Span } from "./ast.ts";
import { isDurationText, parseDuration, parseNumber } from "./literals.ts";
import { unquote } from "./strings.ts";

/** The text an expression is built from; nodes of the tree carry offsets into it. */
export class Source {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  of(node: Span): string {
    return this.text.slice(node.start, node.end);
  }

  fail(node: Span, reason: string): never {
    throw new PromQLError(this.text, node.start, node.end, reason);
  }

  /** The place without the white space around it. */
  trim(place: Span): Span {
    const text = this.of(place);
    return {
      start: place.start + text.length - text.trimStart().length,
      end: place.end - text.length + text.trimEnd().length,
    };
  }

  /** Runs a reader of literals and gives its errors the place. */
  read<T>(node: Span, reader: () => T): T {
    try {
      return reader();
    } catch (error) {
      if (error instanceof LiteralError) this.fail(node, error.message);
      throw error;
    }
  }

  string(node: SyntaxNode): string {
    return this.read(span(node), () => unquote(this.of(span(node))));
  }

  /** A number or a duration with an optional sign, which `skipSign` leaves out. */
  number(node: SyntaxNode, skipSign = false): NumberLiteral {
    const place = { start: node.from + (skipSign ? 1 : 0), end: node.to };
    const signed = this.of(place);
    const negative = signed.startsWith("-");
    const digits = signed
      .replace(/^[+-]/, "")
      .replace(/#[^\n]*/g, "")
      .trim();
    const duration = isDurationText(digits);
    const value = this.read(place, () => (duration ? parseDuration(digits) : parseNumber(digits)));
    return { kind: "number", value: negative ? -value : value, duration, ...place };
  }
}

export function span(node: SyntaxNode): Span {
  return { start: node.from, end: node.to };
}

export function children(node: SyntaxNode): SyntaxNode[] {
  const list: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) list.push(child);
  return list;
}

/** The child at an index: the grammar promises it is there. */
export function childAt(node: SyntaxNode, index: number): SyntaxNode {
  const child = children(node).at(index);
  if (!child) throw new Error(`the grammar gave a ${node.name} without its part ${index}`);
  return child;
}
