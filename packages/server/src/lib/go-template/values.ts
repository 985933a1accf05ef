import { FunctionError } from "./errors.ts";

/**
 * What a template computes with. A whole number is a bigint and a float a number, because Go tells them apart when it
 * prints and compares; undefined is nil.
 */
export type Value = string | number | bigint | boolean | undefined | GoObject;

/** What a function may be given. */
export interface ParameterType {
  /** As Go would name it. */
  name: string;
  accepts: (value: Value) => boolean;
  /** What a constant is turned into: `5` is a float where a float is asked for. */
  constant?: "int" | "float";
}

export interface GoFunction {
  parameters: readonly ParameterType[];
  /** Whether the last parameter takes any number of arguments. */
  variadic?: boolean;
  call: (args: readonly Value[]) => Value | Promise<Value>;
}

/**
 * Anything with an inside. Fields and methods are looked up in maps that were made for templates, so that nothing of
 * JavaScript's own objects can be reached.
 */
export abstract class GoObject {
  abstract readonly typeName: string;
  /** What `if` and `and` take it for. */
  abstract get truth(): boolean;
  /** The value of `.name`; undefined and false when there is no such field. */
  field(_name: string): { found: boolean; value: Value } {
    return NO_FIELD;
  }
  method(_name: string): GoFunction | undefined {
    return undefined;
  }
  /** How it prints where it knows that itself, like Go's `String()`. */
  text(): string | undefined {
    return undefined;
  }
}

const NO_FIELD = { found: false, value: undefined } as const;
const NO_METHODS: ReadonlyMap<string, GoFunction> = new Map();

export const byCodePoints = (a: string, b: string): number => {
  if (a === b) return 0;
  // UTF-16 sorts like UTF-8 but for what is beyond the surrogates.
  for (let at = 0; at < a.length && at < b.length; at++) {
    const [x, y] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (x === y) continue;
    const [highX, highY] = [x >= 0xd8_00 && x <= 0xdf_ff, y >= 0xd8_00 && y <= 0xdf_ff];
    if (highX !== highY) return highX ? 1 : -1;
    return x - y;
  }
  return a.length - b.length;
};

/** A map of strings to values; `string` maps answer an empty string for a key they do not have, others nil. */
export class GoMap extends GoObject {
  readonly typeName: string;
  readonly entries: ReadonlyMap<string, Value>;
  readonly zero: Value;

  constructor(
    entries: ReadonlyMap<string, Value>,
    options: { typeName?: string; zero?: Value } = {},
  ) {
    super();
    this.entries = entries;
    this.typeName = options.typeName ?? "map[string]interface {}";
    this.zero = options.zero;
  }

  static ofStrings(
    entries: Readonly<Record<string, string>>,
    typeName = "map[string]string",
  ): GoMap {
    return new GoMap(new Map(Object.entries(entries)), { typeName, zero: "" });
  }

  override get truth(): boolean {
    return this.entries.size > 0;
  }

  /** Keys in the order in which Go ranges over and prints them. */
  sortedKeys(): string[] {
    return [...this.entries.keys()].toSorted(byCodePoints);
  }

  get(key: string): Value {
    return this.entries.has(key) ? this.entries.get(key) : this.zero;
  }

  override field(name: string): { found: boolean; value: Value } {
    return { found: true, value: this.get(name) };
  }
}

export class GoSlice extends GoObject {
  readonly typeName: string;
  readonly items: readonly Value[];
  private readonly methods: ReadonlyMap<string, GoFunction>;

  constructor(
    items: readonly Value[],
    typeName = "[]interface {}",
    methods: ReadonlyMap<string, GoFunction> = NO_METHODS,
  ) {
    super();
    this.items = items;
    this.typeName = typeName;
    this.methods = methods;
  }

  override get truth(): boolean {
    return this.items.length > 0;
  }

  override method(name: string): GoFunction | undefined {
    return this.methods.get(name);
  }

  /** The same kind of list with other items. */
  with(items: readonly Value[]): GoSlice {
    return new GoSlice(items, this.typeName, this.methods);
  }
}

export class GoStruct extends GoObject {
  readonly typeName: string;
  private readonly own: ReadonlyMap<string, Value>;
  private readonly methods: ReadonlyMap<string, GoFunction>;

  constructor(
    typeName: string,
    fields: ReadonlyMap<string, Value>,
    methods: ReadonlyMap<string, GoFunction> = NO_METHODS,
  ) {
    super();
    this.typeName = typeName;
    this.own = fields;
    this.methods = methods;
  }

  get fields(): ReadonlyMap<string, Value> {
    return this.own;
  }

  override get truth(): boolean {
    return true;
  }

  override field(name: string): { found: boolean; value: Value } {
    return { found: this.own.has(name), value: this.own.get(name) };
  }

  override method(name: string): GoFunction | undefined {
    return this.methods.get(name);
  }
}

/** What a function gives that has a template expanded: the evaluator puts the text in its place. */
export class TemplateCall extends GoObject {
  override readonly typeName = "string";
  readonly name: string;
  readonly data: Value;

  constructor(name: string, data: Value) {
    super();
    this.name = name;
    this.data = data;
  }

  override get truth(): boolean {
    return true;
  }
}

export type SafeKind = "html" | "url" | "urlquery";

/** Text that an HTML template takes as it is in the place that it is made for. */
export class SafeText extends GoObject {
  override readonly typeName: string;
  readonly kind: SafeKind;
  readonly value: string;

  constructor(kind: SafeKind, value: string) {
    super();
    this.kind = kind;
    this.value = value;
    this.typeName = kind === "url" ? "template.URL" : kind === "html" ? "template.HTML" : "string";
  }

  override get truth(): boolean {
    return this.value !== "";
  }

  override text(): string {
    return this.value;
  }
}

/** The name of a value's type in Go's words. */
export function typeName(value: Value): string {
  switch (typeof value) {
    case "string":
      return "string";
    case "bigint":
      return "int";
    case "number":
      return "float64";
    case "boolean":
      return "bool";
    case "undefined":
      return "<nil>";
    default:
      return value.typeName;
  }
}

export function isTrue(value: Value): boolean {
  switch (typeof value) {
    case "string":
      return value !== "";
    case "bigint":
      return value !== 0n;
    case "number":
      return value !== 0;
    case "boolean":
      return value;
    case "undefined":
      return false;
    default:
      return value.truth;
  }
}

/** A string, or text that counts as one. */
export const stringOf = (value: Value): string | undefined =>
  typeof value === "string" ? value : value instanceof SafeText ? value.value : undefined;

export const STRING: ParameterType = {
  name: "string",
  accepts: (value) => stringOf(value) !== undefined,
};
export const INT: ParameterType = {
  name: "int",
  accepts: (value) => typeof value === "bigint",
  constant: "int",
};
export const FLOAT: ParameterType = {
  name: "float64",
  accepts: (value) => typeof value === "number",
  constant: "float",
};
export const ANY: ParameterType = { name: "interface {}", accepts: () => true };
export const MAP: ParameterType = { name: "map", accepts: (value) => value instanceof GoMap };
export const STRINGS: ParameterType = {
  name: "[]string",
  accepts: (value) =>
    value instanceof GoSlice &&
    (value.typeName === "[]string" || value.items.every((item) => typeof item === "string")),
};
export const LIST: ParameterType = {
  name: "[]interface {}",
  accepts: (value) => value instanceof GoSlice,
};

/** A function of strings that gives a string: most are. */
export const textFunction = (count: number, call: (...texts: string[]) => Value): GoFunction => ({
  parameters: Array.from<ParameterType>({ length: count }).fill(STRING),
  call: (args) => call(...args.map((value) => stringOf(value) ?? "")),
});

/** The items of a list of strings that a parameter of type STRINGS took. */
export const stringsOf = (value: Value): string[] =>
  value instanceof GoSlice ? value.items.map((item) => stringOf(item) ?? "") : [];

export const strings = (items: readonly string[]): GoSlice => new GoSlice(items, "[]string");

/** @throws FunctionError */
export function fail(message: string): never {
  throw new FunctionError(message);
}
