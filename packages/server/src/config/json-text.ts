import { Positions, TextError, type ParsedText } from "./positions.ts";

/** Deepest nesting that is read; the schema has far less. */
const MAX_DEPTH = 100;

const SPACE = /[ \t\n\r]*/y;
// oxlint-disable-next-line no-control-regex -- JSON forbids them in strings, and this is where that is checked
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const LITERAL = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

type Path = (string | number)[];

/**
 * Reads JSON and remembers positions. `JSON.parse` tells neither the place of every error nor the line of a value
 * that has the wrong type, which is what the person who wrote the file needs.
 */
class JsonReader {
  private readonly text: string;
  private readonly positions: Positions;
  private at = 0;

  constructor(text: string) {
    this.text = text;
    this.positions = new Positions(text);
  }

  read(): ParsedText {
    this.skipSpace();
    this.positions.set([], { key: this.at, value: this.at });
    const value = this.value([]);
    this.skipSpace();
    if (this.at < this.text.length) this.fail("nothing may follow the end of the JSON value");
    return { value, positions: this.positions };
  }

  private value(path: Path): unknown {
    if (path.length > MAX_DEPTH) this.fail(`nested deeper than ${MAX_DEPTH} levels`);
    const first = this.text[this.at];
    if (first === "{") return this.object(path);
    if (first === "[") return this.array(path);
    if (first === '"') return this.string();
    const literal = this.match(LITERAL);
    if (literal === undefined) return this.fail(`expected a value, found ${this.found()}`);
    return JSON.parse(literal);
  }

  private object(path: Path): Record<string, unknown> {
    // Without a prototype a key such as __proto__ is a key like any other, to be refused as unknown.
    const result: Record<string, unknown> = Object.create(null);
    this.items("}", () => {
      const key = this.at;
      if (this.text[this.at] !== '"')
        this.fail(`expected a key in double quotes, found ${this.found()}`);
      const name = this.string();
      if (Object.hasOwn(result, name))
        this.fail(`the key ${JSON.stringify(name)} is given twice`, key);
      this.skipSpace();
      if (this.text[this.at] !== ":")
        this.fail(`expected : after the key ${JSON.stringify(name)}, found ${this.found()}`);
      this.at++;
      this.skipSpace();
      this.positions.set([...path, name], { key, value: this.at });
      result[name] = this.value([...path, name]);
    });
    return result;
  }

  private array(path: Path): unknown[] {
    const result: unknown[] = [];
    this.items("]", () => {
      const index = result.length;
      this.positions.set([...path, index], { key: this.at, value: this.at });
      result.push(this.value([...path, index]));
    });
    return result;
  }

  private items(end: "}" | "]", item: () => void): void {
    this.at++;
    this.skipSpace();
    if (this.text[this.at] === end) {
      this.at++;
      return;
    }
    for (;;) {
      item();
      this.skipSpace();
      const separator = this.text[this.at];
      if (separator !== end && separator !== ",")
        this.fail(`expected , or ${end}, found ${this.found()}`);
      this.at++;
      if (separator === end) return;
      this.skipSpace();
      if (this.text[this.at] === end) this.fail(`a comma before ${end} is not JSON`);
    }
  }

  private string(): string {
    const literal = this.match(STRING);
    if (literal === undefined)
      return this.fail("this string has no end on its line, or an escape that JSON does not have");
    return JSON.parse(literal) as string;
  }

  private skipSpace(): void {
    this.match(SPACE);
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const text = pattern.exec(this.text)?.[0];
    if (text !== undefined) this.at += text.length;
    return text;
  }

  private found(): string {
    return this.at >= this.text.length ? "the end of the file" : JSON.stringify(this.text[this.at]);
  }

  private fail(message: string, at = this.at): never {
    throw new TextError(message, this.positions.at(at));
  }
}

/** @throws TextError with the place of the first error. */
export const parseJsonText = (text: string): ParsedText => new JsonReader(text).read();
