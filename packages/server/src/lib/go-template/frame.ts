import type { Expr, Tree } from "./ast.ts";
import { placeOf, TemplateError } from "./errors.ts";
import type { TemplateLimits } from "./limits.ts";
import { printValue } from "./print.ts";
import { GoObject, type GoFunction, type Value } from "./values.ts";

/** Where the output goes: as it is, or escaped by its place in HTML. */
export interface Output {
  /** Text of the template itself. */
  literal: (text: string) => string;
  /** What an action gave. */
  value: (value: Value) => string;
}

export const plainOutput: Output = {
  literal: (text) => text,
  value: (value) => (value === undefined ? "<no value>" : printValue(value)),
};

export interface Execution {
  tree: Tree;
  data: Value;
  /** Variables that the text has besides `$`. */
  variables?: readonly { name: string; value: Value }[];
  functions: Pick<ReadonlyMap<string, GoFunction>, "get">;
  /** A template by its name, for `template`. */
  lookup: (name: string) => Tree | undefined;
  limits: TemplateLimits;
  output: Output;
}

/** Offsets of what is evaluated. */
export interface Place {
  start: number;
  end: number;
}

/** Not to be had without calling something. */
export const SLOW = Symbol("slow");

/** Longest part of a template, or of a value, that an error quotes. */
export const MAX_CONTEXT = 100;

/** Where an evaluation stands: its variables, what it has written, and what it has used of its limits. */
export class Frame {
  protected readonly execution: Execution;
  protected tree: Tree;
  protected variables: { name: string; value: Value }[];
  protected steps = 0;
  protected readonly parts: string[] = [];
  private length = 0;

  constructor(execution: Execution) {
    this.execution = execution;
    this.tree = execution.tree;
    const given = (execution.variables ?? []).map(({ name, value }) => ({ name, value }));
    this.variables = [{ name: "$", value: execution.data }, ...given];
  }

  protected fail(node: Place, message: string): never {
    const { source, text, name } = this.tree;
    const place = placeOf(source, text, node.start);
    const context = text.slice(node.start, Math.min(node.end, node.start + MAX_CONTEXT));
    const where = `template: ${source}:${place.line}:${place.column}`;
    const full = `${where}: executing ${JSON.stringify(name)} at <${context}>: ${message}`;
    throw new TemplateError("execute", place, full);
  }

  protected step(node: Place, count = 1): void {
    this.steps += count;
    const { maxSteps } = this.execution.limits;
    if (this.steps > maxSteps) this.fail(node, `more than ${maxSteps} steps (maxSteps)`);
  }

  protected write(node: Place, text: string): void {
    this.length += text.length;
    const { maxOutputLength } = this.execution.limits;
    if (this.length > maxOutputLength)
      this.fail(node, `output is longer than ${maxOutputLength} characters (maxOutputLength)`);
    this.parts.push(text);
  }

  protected assign(node: Place, name: string, value: Value): void {
    const variable = this.variables.findLast((one) => one.name === name);
    if (variable === undefined) this.fail(node, `undefined variable: ${name}`);
    variable.value = value;
  }

  protected variable(node: Place, name: string): Value {
    const variable = this.variables.findLast((one) => one.name === name);
    if (variable === undefined) this.fail(node, `undefined variable: ${name}`);
    return variable.value;
  }

  /** The value of a variable or field without any call; SLOW for anything else, and for what is an error. */
  protected quick(dot: Value, node: Expr): Value | typeof SLOW {
    if (node.kind === "dot") return dot;
    if (node.kind !== "field" && node.kind !== "variable") return SLOW;
    let value = dot;
    if (node.kind === "variable") {
      const variable = this.variables.findLast((one) => one.name === node.name);
      if (variable === undefined) return SLOW;
      value = variable.value;
    }
    for (const name of node.names) {
      if (!(value instanceof GoObject) || value.method(name) !== undefined) return SLOW;
      const field = value.field(name);
      if (!field.found) return SLOW;
      value = field.value;
    }
    return value;
  }
}
