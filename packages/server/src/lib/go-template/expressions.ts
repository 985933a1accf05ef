import type { CommandNode, Expr, PipeNode } from "./ast.ts";
import { EARLY_FUNCTIONS } from "./builtins.ts";
import { FunctionError } from "./errors.ts";
import { Frame, SLOW, type Place } from "./frame.ts";
import {
  GoObject,
  GoSlice,
  isTrue,
  stringOf,
  TemplateCall,
  typeName,
  type GoFunction,
  type ParameterType,
  type Value,
} from "./values.ts";

/** What the evaluation stops for: something to wait for, or nothing, when others should have their turn. */
export type Stop = Promise<Value> | undefined;
export type Run<T> = Generator<Stop, T, Value>;

const CHARACTERS_PER_STEP = 64;

/** No value of the stage before. */
const NONE = Symbol("none");
type Final = Value | typeof NONE;

/** Evaluates pipelines: what stands between the delimiters. */
export abstract class Expressions extends Frame {
  /** Expands a template by its name. */
  protected abstract include(node: Place, name: string, data: Value): Run<void>;

  protected *pipeline(dot: Value, pipe: PipeNode): Run<Value> {
    let value: Final = NONE;
    for (const command of pipe.commands) value = yield* this.command(dot, command, value);
    const result = value === NONE ? undefined : value;
    for (const name of pipe.declares) {
      if (pipe.assigns) this.assign(pipe, name, result);
      else this.variables.push({ name, value: result });
    }
    return result;
  }

  private *command(dot: Value, command: CommandNode, final: Final): Run<Value> {
    this.step(command);
    const [first, ...args] = command.args;
    switch (first.kind) {
      case "function":
        return yield* this.call(dot, command, first.name, args, final);
      case "field":
        return yield* this.fields(dot, dot, first, first.names, args, final);
      case "variable":
        if (first.names.length > 0)
          return yield* this.fields(
            dot,
            this.variable(first, first.name),
            first,
            first.names,
            args,
            final,
          );
        break;
      case "chain": {
        const value = yield* this.operand(dot, first.of);
        return yield* this.fields(dot, value, first, first.names, args, final);
      }
      default:
    }
    if (args.length > 0 || final !== NONE) {
      const text = this.tree.text.slice(first.start, first.end);
      this.fail(first, `can't give argument to non-function ${text}`);
    }
    if (first.kind === "nil") this.fail(first, "nil is not a command");
    return yield* this.operand(dot, first);
  }

  /** The value of one operand, called without arguments. */
  private *operand(dot: Value, node: Expr): Run<Value> {
    this.step(node);
    const quick = this.quick(dot, node);
    if (quick !== SLOW) return quick;
    switch (node.kind) {
      case "dot":
      case "nil":
        return undefined;
      case "bool":
      case "string":
        return node.value;
      case "number":
        return node.ideal;
      case "field":
        return yield* this.fields(dot, dot, node, node.names, [], NONE);
      case "variable": {
        const value = this.variable(node, node.name);
        if (node.names.length === 0) return value;
        return yield* this.fields(dot, value, node, node.names, [], NONE);
      }
      case "function":
        return yield* this.call(
          dot,
          { args: [node], start: node.start, end: node.end },
          node.name,
          [],
          NONE,
        );
      case "chain": {
        const value = yield* this.operand(dot, node.of);
        return yield* this.fields(dot, value, node, node.names, [], NONE);
      }
      case "pipe":
        return yield* this.pipeline(dot, node);
    }
  }

  /** `.A.B.C`: the last of them may be a method that takes the arguments. */
  private *fields(
    dot: Value,
    from: Value,
    node: Expr,
    names: readonly string[],
    args: readonly Expr[],
    final: Final,
  ): Run<Value> {
    let value = from;
    for (const [index, name] of names.entries()) {
      const last = index === names.length - 1;
      value = yield* this.field(dot, value, node, name, last ? args : [], last ? final : NONE);
    }
    return value;
  }

  private *field(
    dot: Value,
    receiver: Value,
    node: Expr,
    name: string,
    args: readonly Expr[],
    final: Final,
  ): Run<Value> {
    this.step(node);
    if (receiver === undefined)
      this.fail(node, `nil data; no entry for key ${JSON.stringify(name)}`);
    if (receiver instanceof GoObject) {
      const method = receiver.method(name);
      if (method !== undefined) return yield* this.apply(dot, node, name, method, args, final);
      const { found, value } = receiver.field(name);
      if (found) {
        if (args.length > 0 || final !== NONE)
          this.fail(node, `${name} has arguments but cannot be invoked as function`);
        return value;
      }
    }
    this.fail(node, `can't evaluate field ${name} in type ${typeName(receiver)}`);
  }

  private *call(
    dot: Value,
    node: CommandNode,
    name: string,
    args: readonly Expr[],
    final: Final,
  ): Run<Value> {
    if (EARLY_FUNCTIONS.has(name)) return yield* this.early(dot, node, name, args, final);
    const made = this.execution.functions.get(name);
    if (made === undefined) this.fail(node, `${JSON.stringify(name)} is not a defined function`);
    return yield* this.apply(dot, node, name, made, args, final);
  }

  /** `and` and `or` evaluate no more than they need. */
  private *early(
    dot: Value,
    node: CommandNode,
    name: string,
    args: readonly Expr[],
    final: Final,
  ): Run<Value> {
    if (args.length === 0 && final === NONE)
      this.fail(node, `wrong number of args for ${name}: want at least 1 got 0`);
    let value: Value;
    for (const arg of args) {
      value = yield* this.operand(dot, arg);
      if (isTrue(value) === (name === "or")) return value;
    }
    return final === NONE ? value : final;
  }

  private *apply(
    dot: Value,
    node: Expr | CommandNode,
    name: string,
    { parameters, variadic = false, call }: GoFunction,
    args: readonly Expr[],
    final: Final,
  ): Run<Value> {
    const count = args.length + (final === NONE ? 0 : 1);
    const least = parameters.length - (variadic ? 1 : 0);
    if (count < least || (!variadic && count > least)) {
      const wanted = variadic ? `at least ${least}` : String(least);
      this.fail(node, `wrong number of args for ${name}: want ${wanted} got ${count}`);
    }
    const typeOf = (index: number) =>
      parameters[Math.min(index, parameters.length - 1)] as ParameterType;
    const values: Value[] = [];
    for (const [index, arg] of args.entries())
      values.push(yield* this.argument(dot, arg, typeOf(index)));
    if (final !== NONE) {
      const type = typeOf(args.length);
      if (!type.accepts(final)) this.wrongType(node, type, final);
      values.push(final);
    }
    try {
      const result = call(values);
      let value = result instanceof Promise ? ((yield result) as Value) : result;
      if (value instanceof TemplateCall) value = yield* this.captured(node, value);
      this.account(node, name, value);
      return value;
    } catch (error) {
      if (!(error instanceof FunctionError)) throw error;
      this.fail(node, `error calling ${name}: ${error.message}`);
    }
  }

  /** The text of a template, as a value. */
  private *captured(node: Place, { name, data }: TemplateCall): Run<Value> {
    const from = this.parts.length;
    yield* this.include(node, name, data);
    return this.parts.splice(from).join("");
  }

  /** What functions make costs steps by its size, and has the limit of the output. */
  private account(node: Place, name: string, value: Value): void {
    const text = stringOf(value);
    const size = text?.length ?? (value instanceof GoSlice ? value.items.length : 0);
    const { maxOutputLength } = this.execution.limits;
    if (size > maxOutputLength)
      this.fail(node, `${name} made more than ${maxOutputLength} characters (maxOutputLength)`);
    this.step(node, Math.floor(size / CHARACTERS_PER_STEP));
  }

  private *argument(dot: Value, node: Expr, type: ParameterType): Run<Value> {
    if (node.kind === "number" && type.constant !== undefined) {
      const constant = type.constant === "int" ? node.int : node.float;
      if (constant === undefined) this.fail(node, `expected integer; found ${node.text}`);
      return constant;
    }
    const value = yield* this.operand(dot, node);
    if (!type.accepts(value)) this.wrongType(node, type, value);
    return value;
  }

  private wrongType(node: Place, type: ParameterType, value: Value): never {
    this.fail(
      node,
      value === undefined
        ? `invalid value; expected ${type.name}`
        : `wrong type for value; expected ${type.name}; got ${typeName(value)}`,
    );
  }
}
