import type { CommandNode, Expr, NumberNode, PipeNode, TemplateNode, Tree } from "./ast.ts";
import { placeOf, TemplateError } from "./errors.ts";
import { lexTemplate, type Token, type TokenKind } from "./lex.ts";
import { MAX_NESTING, TEMPLATE_LIMITS } from "./limits.ts";
import { readCharacter, readNumber, unquoteString } from "./literals.ts";

export interface ParseOptions {
  /** Whether a function of this name exists; a call of any other is an error of the text. */
  hasFunction: (name: string) => boolean;
  maxSourceLength?: number;
  /** Variables that the text may use besides `$`. */
  variables?: readonly string[];
}

interface Ending {
  kind: "end" | "else";
}

const isEnding = (node: TemplateNode | Ending): node is Ending =>
  node.kind === "end" || node.kind === "else";

const LITERALS = new Set(["bool", "dot", "nil", "number", "string"]);
const OPERANDS = new Set<TokenKind>(
  "bool char dot field identifier number nil raw string variable (".split(" ") as TokenKind[],
);

function shown({ kind, text }: Token): string {
  if (kind === "end") return "EOF";
  if (kind === "keyword") return `<${text}>`;
  return text.length > 10 ? `${JSON.stringify(text.slice(0, 10))}...` : JSON.stringify(text);
}

/** Reads one text: its own nodes, and the templates that it defines. */
class Parser {
  private readonly name: string;
  private readonly text: string;
  private readonly options: ParseOptions;
  private readonly tokens: readonly Token[];
  private at = 0;
  private variables: string[];
  private rangeDepth = 0;
  private nesting = 0;
  readonly trees = new Map<string, Tree>();

  constructor(name: string, text: string, options: ParseOptions) {
    this.name = name;
    this.text = text;
    this.options = options;
    this.variables = ["$", ...(options.variables ?? [])];
    const limit = options.maxSourceLength ?? TEMPLATE_LIMITS.maxSourceLength;
    if (text.length > limit)
      throw new TemplateError(
        "parse",
        { name, line: 1, column: 0 },
        `template: ${name}:1: the text is longer than ${limit} characters (maxSourceLength)`,
      );
    this.tokens = lexTemplate(name, text);
  }

  private fail(message: string, token = this.tokens[Math.max(0, this.at - 1)]): never {
    const place = placeOf(this.name, this.text, token?.start ?? 0);
    throw new TemplateError("parse", place, `template: ${this.name}:${place.line}: ${message}`);
  }

  private unexpected(token: Token, context: string): never {
    this.fail(`unexpected ${shown(token)} in ${context}`, token);
  }

  private next(): Token {
    const last = this.tokens.length - 1;
    const token = this.tokens[Math.min(this.at, last)] as Token;
    if (this.at < last) this.at++;
    return token;
  }

  private peek(): Token {
    return this.tokens[this.at] as Token;
  }

  private peekWord(): Token {
    while (this.peek().kind === "space") this.at++;
    return this.peek();
  }

  private nextWord(): Token {
    this.peekWord();
    return this.next();
  }

  private expect(kind: TokenKind, context: string): Token {
    const token = this.nextWord();
    if (token.kind !== kind) this.unexpected(token, context);
    return token;
  }

  /** Counts what is read by recursion; JavaScript's stack ends sooner than a hostile text. */
  private nested<T>(read: () => T): T {
    if (++this.nesting > MAX_NESTING)
      this.fail(`blocks or parentheses nest deeper than ${MAX_NESTING}`);
    const result = read();
    this.nesting--;
    return result;
  }

  run(): Tree {
    const nodes: TemplateNode[] = [];
    while (this.peek().kind !== "end") {
      const node = this.isDefine() ? this.define() : this.textOrAction();
      if (node === undefined) continue;
      if (isEnding(node)) this.fail(`unexpected {{${node.kind}}}`);
      nodes.push(node);
    }
    return { name: this.name, source: this.name, text: this.text, nodes };
  }

  private isDefine(): boolean {
    if (this.peek().kind !== "left") return false;
    let ahead = this.at + 1;
    while (this.tokens[ahead]?.kind === "space") ahead++;
    const token = this.tokens[ahead];
    if (token?.kind !== "keyword" || token.text !== "define") return false;
    this.at = ahead + 1;
    return true;
  }

  private define(): undefined {
    const name = this.templateName("define clause");
    this.expect("right", "define clause");
    this.addTree(name, "define clause");
  }

  private addTree(name: string, context: string): void {
    const variables = this.variables;
    const depth = this.rangeDepth;
    this.variables = ["$"];
    this.rangeDepth = 0;
    const [nodes, ending] = this.nested(() => this.list());
    if (ending !== "end") this.fail(`unexpected {{else}} in ${context}`);
    this.variables = variables;
    this.rangeDepth = depth;
    const known = this.trees.get(name);
    if (known && !isEmpty(known.nodes) && !isEmpty(nodes))
      this.fail(`template: multiple definition of template ${JSON.stringify(name)}`);
    if (known && isEmpty(nodes)) return;
    this.trees.set(name, { name, source: this.name, text: this.text, nodes });
  }

  private templateName(context: string): string {
    const token = this.nextWord();
    if (token.kind !== "string" && token.kind !== "raw") this.unexpected(token, context);
    return this.stringOf(token);
  }

  private stringOf(token: Token): string {
    if (token.kind === "raw") return token.text.slice(1, -1).replaceAll("\r", "");
    return unquoteString(token.text) ?? this.fail(`invalid syntax: ${token.text}`, token);
  }

  /** Nodes up to an `end` or `else` of the block around them. */
  private list(): [TemplateNode[], "end" | "else"] {
    const nodes: TemplateNode[] = [];
    while (this.peek().kind !== "end") {
      const node = this.textOrAction();
      if (isEnding(node)) return [nodes, node.kind];
      nodes.push(node);
    }
    this.fail("unexpected EOF");
  }

  private textOrAction(): TemplateNode | Ending {
    const token = this.next();
    if (token.kind === "text")
      return {
        kind: "text",
        text: token.text,
        start: token.start,
        end: token.start + token.text.length,
      };
    if (token.kind !== "left") this.unexpected(token, "input");
    return this.action();
  }

  private action(): TemplateNode | Ending {
    const token = this.peekWord();
    if (token.kind !== "keyword") {
      const pipe = this.pipeline("command", "right");
      return { kind: "action", pipe, start: pipe.start, end: pipe.end };
    }
    this.next();
    const end = token.start + token.text.length;
    switch (token.text) {
      case "if":
      case "with":
      case "range":
        return this.nested(() => this.control(token.text as "if" | "with" | "range", token.start));
      case "template":
        return this.template(token.start);
      case "block":
        return this.block(token.start);
      case "end":
        this.expect("right", "end");
        return { kind: "end" };
      case "else":
        return this.otherwise();
      case "break":
      case "continue":
        this.expect("right", `{{${token.text}}}`);
        if (this.rangeDepth === 0) this.fail(`{{${token.text}}} outside {{range}}`, token);
        return { kind: token.text, start: token.start, end };
      default:
        return this.unexpected(token, "command");
    }
  }

  private otherwise(): Ending {
    const { kind, text } = this.peekWord();
    // What follows `else` in `else if` is read by the block it belongs to.
    if (!(kind === "keyword" && (text === "if" || text === "with"))) this.expect("right", "else");
    return { kind: "else" };
  }

  private control(kind: "if" | "with" | "range", start: number): TemplateNode {
    const known = this.variables.length;
    const pipe = this.pipeline(kind, "right");
    if (kind === "range") this.rangeDepth++;
    const [list, ending] = this.list();
    if (kind === "range") this.rangeDepth--;
    let otherwise: TemplateNode[] = [];
    if (ending === "else") {
      const after = this.peek();
      if (kind !== "range" && after.kind === "keyword" && after.text === kind) {
        this.next();
        otherwise = [this.nested(() => this.control(kind, after.start))];
      } else {
        const [nodes, last] = this.list();
        if (last !== "end") this.fail(`expected end; found {{else}}`);
        otherwise = nodes;
      }
    }
    this.variables.length = known;
    return { kind, pipe, list, otherwise, start, end: pipe.end };
  }

  private template(start: number): TemplateNode {
    const name = this.templateName("template clause");
    const pipe = this.optionalPipeline("template clause");
    return { kind: "template", name, pipe, start, end: this.at };
  }

  private optionalPipeline(context: string): PipeNode | undefined {
    if (this.peekWord().kind !== "right") return this.pipeline(context, "right");
    this.next();
    return undefined;
  }

  private block(start: number): TemplateNode {
    const name = this.templateName("block clause");
    const pipe = this.pipeline("block clause", "right");
    this.addTree(name, "block clause");
    return { kind: "template", name, pipe, start, end: pipe.end };
  }

  private pipeline(context: string, end: "right" | ")"): PipeNode {
    const { start } = this.peekWord();
    const { declares, assigns } = this.declarations(context);
    const commands: CommandNode[] = [];
    for (;;) {
      const token = this.nextWord();
      if (token.kind === end) {
        if (commands.length === 0) this.fail(`missing value for ${context}`, token);
        for (const [index, { args }] of commands.entries()) {
          if (index > 0 && LITERALS.has(args[0].kind))
            this.fail(`non executable command in pipeline stage ${index + 1}`, token);
        }
        return {
          kind: "pipe",
          declares,
          assigns,
          commands,
          start,
          end: commands.at(-1)?.end ?? start,
        };
      }
      if (!OPERANDS.has(token.kind)) this.unexpected(token, context);
      this.at--;
      commands.push(this.command());
    }
  }

  /** `$x :=`, `$x =`, and for `range` also `$i, $x :=`. */
  private declarations(context: string): { declares: string[]; assigns: boolean } {
    const begin = this.at;
    const declares: string[] = [];
    while (this.peekWord().kind === "variable") {
      const variable = this.next();
      declares.push(variable.text);
      const token = this.nextWord();
      if (token.kind === ":=" || token.kind === "=") {
        if (declares.length > 1 && context !== "range") this.unexpected(token, context);
        this.variables.push(...declares);
        return { declares, assigns: token.kind === "=" };
      }
      if (token.kind !== ",") break;
      if (context !== "range" || declares.length > 1)
        this.fail(`too many declarations in ${context}`, token);
    }
    this.at = begin;
    return { declares: [], assigns: false };
  }

  private command(): CommandNode {
    const { start } = this.peekWord();
    const args: Expr[] = [];
    for (;;) {
      this.peekWord();
      const operand = this.operand();
      if (operand !== undefined) args.push(operand);
      const token = this.next();
      if (token.kind === "space") continue;
      if (token.kind === "right" || token.kind === ")") this.at--;
      else if (token.kind !== "pipe") this.unexpected(token, "operand");
      break;
    }
    const [first, ...rest] = args;
    if (first === undefined) this.fail("empty command");
    return { args: [first, ...rest], start, end: args.at(-1)?.end ?? start };
  }

  private operand(): Expr | undefined {
    const term = this.term();
    if (term === undefined || this.peek().kind !== "field") return term;
    const names: string[] = [];
    let end = term.end;
    while (this.peek().kind === "field") {
      const { text, start } = this.next();
      names.push(text.slice(1));
      end = start + text.length;
    }
    if (term.kind === "field" || term.kind === "variable")
      return { ...term, names: [...term.names, ...names], end };
    if (LITERALS.has(term.kind))
      this.fail(`unexpected . after term ${JSON.stringify(this.text.slice(term.start, term.end))}`);
    return { kind: "chain", of: term, names, start: term.start, end };
  }

  private term(): Expr | undefined {
    const token = this.next();
    const { kind, text, start } = token;
    const span = { start, end: start + text.length };
    switch (kind) {
      case "identifier":
        this.checkFunction(text);
        return { kind: "function", name: text, ...span };
      case "dot":
      case "nil":
        return { kind, ...span };
      case "variable":
        this.checkVariable(text);
        return { kind, name: text, names: [], ...span };
      case "field":
        return { kind, names: [text.slice(1)], ...span };
      case "bool":
        return { kind, value: text === "true", ...span };
      case "number":
      case "char":
        return { ...this.number(token), ...span };
      case "string":
      case "raw":
        return { kind: "string", value: this.stringOf(token), ...span };
      case "(":
        return this.parenthesized(start);
      default:
        this.at--;
        return undefined;
    }
  }

  private checkFunction(name: string): void {
    if (!this.options.hasFunction(name)) this.fail(`function ${JSON.stringify(name)} not defined`);
  }

  private checkVariable(name: string): void {
    if (!this.variables.includes(name)) this.fail(`undefined variable ${JSON.stringify(name)}`);
  }

  private parenthesized(start: number): PipeNode {
    const pipe = this.nested(() => this.pipeline("parenthesized pipeline", ")"));
    const close = this.tokens[this.at - 1];
    return { ...pipe, start, end: (close?.start ?? pipe.end) + 1 };
  }

  private number(token: Token): Omit<NumberNode, "start" | "end"> {
    const { kind, text } = token;
    const read = kind === "char" ? readCharacter(text) : readNumber(text);
    if (read === undefined)
      this.fail(
        kind === "char"
          ? `malformed character constant: ${text}`
          : `bad number syntax: ${JSON.stringify(text)}`,
        token,
      );
    return { kind: "number", text, ...read };
  }
}

/** Whether a template has nothing but white space, and so does not replace one that has more. */
export const isEmpty = (nodes: readonly TemplateNode[]): boolean =>
  nodes.every((node) => node.kind === "text" && node.text.trim() === "");

/**
 * Reads a template. The first tree is the text itself, the others are those it defines.
 * @throws TemplateError
 */
export function parseTemplate(name: string, text: string, options: ParseOptions): Tree[] {
  const parser = new Parser(name, text, options);
  const main = parser.run();
  return [main, ...parser.trees.values()];
}
