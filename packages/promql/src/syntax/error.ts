const encoder = new TextEncoder();

/** Line and column of an offset as upstream tells them: `2:5`, where columns count bytes. */
export function placeIn(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  const line = before.split("\n").length;
  return `${line}:${encoder.encode(before.slice(lineStart)).length + 1}`;
}

/**
 * Thrown for every expression that is not valid PromQL, and for nothing else. `start` and `end` are offsets into
 * the text in UTF-16 units (end is exclusive); `line` and `column` count from 1. The message is upstream's, whose columns
 * count bytes.
 */
export class PromQLError extends Error {
  override readonly name = "PromQLError";
  readonly reason: string;
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly column: number;
  /** What the grammar would have taken at `start`, where that is known; upstream's messages mostly leave it out. */
  readonly expected: readonly string[];

  constructor(
    text: string,
    start: number,
    end: number,
    reason: string,
    expected: readonly string[] = [],
  ) {
    const before = text.slice(0, start);
    const line = before.split("\n").length;
    const column = start - before.lastIndexOf("\n");
    const place = text === "" ? "unknown position" : placeIn(text, start);
    super(`${place}: parse error: ${reason}`);
    this.reason = reason;
    this.start = start;
    this.end = end;
    this.line = line;
    this.column = column;
    this.expected = expected;
  }
}

/** What the helpers below the parser throw; the parser adds the place. */
export class LiteralError extends Error {
  override readonly name = "LiteralError";
}
