import type { Span } from "./syntax/ast.ts";
import { placeIn } from "./syntax/error.ts";

/** Of warnings and of infos, at most this many are told, as upstream does. */
export const MAX_ANNOTATIONS = 10;

/** Remarks about an answer that is given all the same. Each text is kept once. */
export class Annotations {
  private readonly warningSet = new Set<string>();
  private readonly infoSet = new Set<string>();
  private readonly text: string;

  /** @param text the expression, for line and column of remarks. */
  constructor(text: string) {
    this.text = text;
  }

  warn(reason: string, span: Span): void {
    this.warningSet.add(`PromQL warning: ${reason} ${this.place(span)}`);
  }

  info(reason: string, span: Span): void {
    this.infoSet.add(`PromQL info: ${reason} ${this.place(span)}`);
  }

  get warnings(): string[] {
    return cut([...this.warningSet], "warning");
  }

  get infos(): string[] {
    return cut([...this.infoSet], "info");
  }

  /** The expression's text at a place. */
  source(span: Span): string {
    return this.text.slice(span.start, span.end);
  }

  private place(span: Span): string {
    return `(${placeIn(this.text, span.start)})`;
  }
}

function cut(texts: string[], kind: string): string[] {
  if (texts.length <= MAX_ANNOTATIONS) return texts;
  const more = texts.length - MAX_ANNOTATIONS;
  return [...texts.slice(0, MAX_ANNOTATIONS), `${more} more ${kind} annotations omitted`];
}
