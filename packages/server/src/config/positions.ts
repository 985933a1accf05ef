import type { ConfigPath } from "./problems.ts";

/** Line and column, both from 1. */
export interface Position {
  line: number;
  column: number;
}

/** Where a key and its value stand in a text, as offsets. */
interface Place {
  key: number;
  value: number;
}

const keyOf = (path: ConfigPath): string => path.map(String).join("\u0000");

/** Remembers where each setting stands in the text that it was read from. */
export class Positions {
  private readonly places = new Map<string, Place>();
  private readonly lineStarts: number[] = [0];

  constructor(text: string) {
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1))
      this.lineStarts.push(at + 1);
  }

  set(path: ConfigPath, place: Place): void {
    this.places.set(keyOf(path), place);
  }

  /** The position of the value at a path, or of its nearest ancestor in the text. */
  ofValue(path: ConfigPath): Position {
    for (let length = path.length; length >= 0; length--) {
      const place = this.places.get(keyOf(path.slice(0, length)));
      if (place) return this.at(length === path.length ? place.value : place.key);
    }
    return { line: 1, column: 1 };
  }

  /** The position of the key at a path, for keys that should not be there. */
  ofKey(path: ConfigPath): Position {
    const place = this.places.get(keyOf(path));
    return place ? this.at(place.key) : this.ofValue(path);
  }

  at(offset: number): Position {
    let low = 0;
    let high = this.lineStarts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (this.lineStarts[low] ?? 0) + 1 };
  }
}

/** A text that was read: its value and where everything stands. */
export interface ParsedText {
  value: unknown;
  positions: Positions;
}

/** The text is not JSON or YAML. */
export class TextError extends Error {
  readonly position: Position;

  constructor(message: string, position: Position) {
    super(message);
    this.name = "TextError";
    this.position = position;
  }
}
