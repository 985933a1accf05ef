import type { Tree } from "./ast.ts";
import { builtins, EARLY_FUNCTIONS } from "./builtins.ts";
import { execute, executeNow } from "./execute.ts";
import { plainOutput, type Execution, type Output } from "./frame.ts";
import { TEMPLATE_LIMITS, type TemplateLimits } from "./limits.ts";
import { isEmpty, parseTemplate } from "./parse.ts";
import type { GoFunction, Value } from "./values.ts";

/** Functions by their names. */
export type FunctionTable = Pick<ReadonlyMap<string, GoFunction>, "get">;

const tables = new Map<string, FunctionTable>();
/** Sets of limits that have their own table; there is one in the product. */
const MAX_TABLES = 100;

/** The functions that every template has, made once. */
function standardFunctions(maxOutputLength: number, html: boolean): FunctionTable {
  const key = `${maxOutputLength} ${html}`;
  const known = tables.get(key);
  if (known !== undefined) return known;
  const made = builtins(maxOutputLength, html);
  if (tables.size >= MAX_TABLES) tables.clear();
  tables.set(key, made);
  return made;
}

/** Texts whose trees are kept, and how long they may be together. */
const MAX_CACHED = 2000;
const MAX_CACHED_LENGTH = 8 * 1_048_576;

/** A parsed text: its own tree first, then those that it defines. */
export type ParsedTemplate = readonly Tree[];

export interface ParserOptions {
  maxSourceLength?: number;
  /** Variables that every text may use besides `$`. */
  variables?: readonly string[];
}

/** Reads texts, and remembers those that were used last. */
export class TemplateParser {
  private readonly known = new Map<string, ParsedTemplate>();
  private readonly hasFunction: (name: string) => boolean;
  private readonly options: ParserOptions;
  private length = 0;
  /** Texts that had to make room for others. */
  evictions = 0;

  constructor(hasFunction: (name: string) => boolean, options: ParserOptions = {}) {
    const standard = builtins(0, false);
    this.hasFunction = (name) =>
      EARLY_FUNCTIONS.has(name) || standard.has(name) || hasFunction(name);
    this.options = options;
  }

  /** @throws TemplateError */
  parse(name: string, text: string): ParsedTemplate {
    const key = `${name}\n${text}`;
    const found = this.known.get(key);
    if (found !== undefined) {
      this.known.delete(key);
      this.known.set(key, found);
      return found;
    }
    const { hasFunction, options } = this;
    const trees = parseTemplate(name, text, { hasFunction, ...options });
    this.known.set(key, trees);
    this.length += key.length;
    while (
      this.known.size > MAX_CACHED ||
      (this.length > MAX_CACHED_LENGTH && this.known.size > 1)
    ) {
      const oldest = this.known.keys().next().value ?? "";
      this.known.delete(oldest);
      this.length -= oldest.length;
      this.evictions++;
    }
    return trees;
  }

  get size(): number {
    return this.known.size;
  }
}

/** Templates by name; of two with one name the later counts, unless it is empty. */
export class TemplateSet {
  private readonly trees: Map<string, Tree>;

  constructor(trees: Iterable<Tree> = []) {
    this.trees = new Map();
    this.add(trees);
  }

  add(trees: Iterable<Tree>): void {
    for (const tree of trees) {
      if (this.trees.has(tree.name) && isEmpty(tree.nodes)) continue;
      this.trees.set(tree.name, tree);
    }
  }

  get(name: string): Tree | undefined {
    return this.trees.get(name);
  }

  names(): string[] {
    return [...this.trees.keys()];
  }
}

export interface ExpandOptions {
  functions: FunctionTable;
  /** Templates that the text may use besides those that it defines itself. */
  shared?: TemplateSet;
  limits?: TemplateLimits;
  /** Values of the variables that the parser was told of. */
  variables?: Execution["variables"];
  /** The text as it is when left out. */
  output?: Output;
  /** Whether functions mark what they escaped, so that it is not escaped again. */
  html?: boolean;
}

function executionOf(parsed: ParsedTemplate, data: Value, options: ExpandOptions): Execution {
  const { functions, shared, limits = TEMPLATE_LIMITS, variables = [] } = options;
  const { output = plainOutput, html = false } = options;
  const [tree] = parsed;
  if (tree === undefined) throw new RangeError("a parsed template has a tree");
  const own = new Map(parsed.slice(1).map((one) => [one.name, one]));
  const lookup = (name: string) => {
    const mine = own.get(name);
    const other = shared?.get(name);
    if (mine && other && isEmpty(mine.nodes)) return other;
    return mine ?? other ?? (name === tree.name ? tree : undefined);
  };
  const standard = standardFunctions(limits.maxOutputLength, html);
  const all: FunctionTable = { get: (name) => functions.get(name) ?? standard.get(name) };
  return { tree, data, variables, functions: all, lookup, limits, output };
}

/** @throws TemplateError */
export const expandText = (
  parsed: ParsedTemplate,
  data: Value,
  options: ExpandOptions,
): Promise<string> => execute(executionOf(parsed, data, options));

/** The same at once; undefined when something has to be waited for. @throws TemplateError */
export const expandNow = (
  parsed: ParsedTemplate,
  data: Value,
  options: ExpandOptions,
): string | undefined => executeNow(executionOf(parsed, data, options));
