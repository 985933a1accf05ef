/** Where something stands in a template: line from 1, column from 0 as Go counts it. */
export interface TemplatePlace {
  name: string;
  line: number;
  column: number;
}

/** Anything that is wrong with a template, in Go's words: `template: name:1:3: executing …`. */
export class TemplateError extends Error {
  /** Whether the text itself is wrong, or what happened when it was evaluated. */
  readonly phase: "parse" | "execute";
  readonly place: TemplatePlace;

  constructor(phase: "parse" | "execute", place: TemplatePlace, message: string) {
    super(message);
    this.name = "TemplateError";
    this.phase = phase;
    this.place = place;
  }
}

/** What a function of a template throws; the evaluator adds the place. */
export class FunctionError extends Error {
  override readonly name = "FunctionError";
}

/** Line and column of an offset in a text. */
export function placeOf(name: string, text: string, offset: number): TemplatePlace {
  const before = text.slice(0, offset);
  const start = before.lastIndexOf("\n") + 1;
  let line = 1;
  for (let at = before.indexOf("\n"); at >= 0; at = before.indexOf("\n", at + 1)) line++;
  return { name, line, column: offset - start };
}
