import type { TemplateNode } from "./ast.ts";
import { Expressions, type Run } from "./expressions.ts";
import { MAX_CONTEXT, SLOW, type Execution, type Place } from "./frame.ts";
import { printValue } from "./print.ts";
import { GoMap, GoSlice, isTrue, type Value } from "./values.ts";

/** Steps between two turns of others. */
const STEPS_PER_TURN = 5000;

class Evaluation extends Expressions {
  private turn = STEPS_PER_TURN;
  private depth = 0;

  *run(): Run<string> {
    yield* this.list(this.execution.data, this.tree.nodes);
    return this.parts.join("");
  }

  private isOthersTurn(): boolean {
    if (this.steps <= this.turn) return false;
    this.turn = this.steps + STEPS_PER_TURN;
    return true;
  }

  /** Tells a block around it to leave or go on with its loop. */
  private *list(dot: Value, nodes: readonly TemplateNode[]): Run<"break" | "continue" | undefined> {
    for (const node of nodes) {
      this.step(node);
      if (this.isOthersTurn()) yield undefined;
      if (this.isQuick(dot, node)) continue;
      const jump = yield* this.node(dot, node);
      if (jump !== undefined) return jump;
    }
    return undefined;
  }

  /** Most nodes are text or a lone field; these need no generator of their own, which costs more than they do. */
  private isQuick(dot: Value, node: TemplateNode): boolean {
    const { output } = this.execution;
    if (node.kind === "text") {
      this.write(node, output.literal(node.text));
      return true;
    }
    if (node.kind !== "action" || node.pipe.declares.length > 0) return false;
    const [command, ...others] = node.pipe.commands;
    if (command === undefined || others.length > 0 || command.args.length > 1) return false;
    const value = this.quick(dot, command.args[0]);
    if (value === SLOW) return false;
    this.step(node);
    this.write(node, output.value(value));
    return true;
  }

  private *node(dot: Value, node: TemplateNode): Run<"break" | "continue" | undefined> {
    switch (node.kind) {
      case "text":
        return undefined;
      case "action": {
        const value = yield* this.pipeline(dot, node.pipe);
        if (node.pipe.declares.length === 0) this.write(node, this.execution.output.value(value));
        return undefined;
      }
      case "if":
      case "with": {
        const known = this.variables.length;
        const value = yield* this.pipeline(dot, node.pipe);
        const chosen = isTrue(value) ? node.list : node.otherwise;
        const jump = yield* this.list(node.kind === "with" && isTrue(value) ? value : dot, chosen);
        this.variables.length = known;
        return jump;
      }
      case "range":
        return yield* this.range(dot, node);
      case "template":
        yield* this.template(dot, node);
        return undefined;
      default:
        return node.kind;
    }
  }

  private *range(
    dot: Value,
    node: Extract<TemplateNode, { kind: "if" | "with" | "range" }>,
  ): Run<"break" | "continue" | undefined> {
    const known = this.variables.length;
    const value = yield* this.pipeline(dot, node.pipe);
    const inner = this.variables.length;
    const { declares, assigns } = node.pipe;
    let any = false;
    for (const [key, item] of this.items(node, value)) {
      any = true;
      this.step(node);
      if (this.isOthersTurn()) yield undefined;
      const [first, second] = declares;
      if (assigns) {
        if (second !== undefined) this.assign(node, second, item);
        if (first !== undefined) this.assign(node, first, second === undefined ? item : key);
      } else {
        // The pipeline has pushed the variables; a loop gives them other values.
        const base = inner - declares.length;
        const one = this.variables[base];
        const two = this.variables[base + 1];
        if (one) one.value = second === undefined ? item : key;
        if (two) two.value = item;
      }
      const jump = yield* this.list(item, node.list);
      this.variables.length = inner;
      if (jump === "break") break;
    }
    let jump: "break" | "continue" | undefined;
    if (!any) jump = yield* this.list(dot, node.otherwise);
    this.variables.length = known;
    return jump;
  }

  private *items(node: Place, value: Value): Generator<readonly [Value, Value]> {
    if (value instanceof GoSlice) {
      for (const [index, item] of value.items.entries()) yield [BigInt(index), item];
    } else if (value instanceof GoMap) {
      for (const key of value.sortedKeys()) yield [key, value.get(key)];
    } else if (typeof value === "bigint") {
      for (let index = 0n; index < value; index++) yield [index, index];
    } else if (value !== undefined) {
      this.fail(node, `range can't iterate over ${printValue(value).slice(0, MAX_CONTEXT)}`);
    }
  }

  private *template(dot: Value, node: Extract<TemplateNode, { kind: "template" }>): Run<void> {
    const data = node.pipe === undefined ? undefined : yield* this.pipeline(dot, node.pipe);
    yield* this.include(node, node.name, data);
  }

  protected *include(node: Place, name: string, data: Value): Run<void> {
    const tree = this.execution.lookup(name);
    if (tree === undefined) this.fail(node, `template ${JSON.stringify(name)} not defined`);
    const { maxDepth } = this.execution.limits;
    if (this.depth >= maxDepth)
      this.fail(node, `templates call one another more than ${maxDepth} deep (maxDepth)`);
    const { tree: outer, variables } = this;
    this.depth++;
    this.tree = tree;
    this.variables = [{ name: "$", value: data }];
    yield* this.list(data, tree.nodes);
    this.depth--;
    this.tree = outer;
    this.variables = variables;
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Evaluates a template; others have their turn in between. @throws TemplateError */
export async function execute(execution: Execution): Promise<string> {
  const run = new Evaluation(execution).run();
  let state = run.next();
  while (!state.done) {
    if (state.value === undefined) {
      await nextTurn();
      state = run.next();
      continue;
    }
    let value: Value;
    try {
      value = await state.value;
    } catch (error) {
      state = run.throw(error);
      continue;
    }
    state = run.next(value);
  }
  return state.value;
}

/** Evaluates in one go; undefined when something has to be waited for. @throws TemplateError */
export function executeNow(execution: Execution): string | undefined {
  const run = new Evaluation(execution).run();
  let state = run.next();
  while (!state.done && state.value === undefined) state = run.next();
  return state.done ? state.value : undefined;
}
