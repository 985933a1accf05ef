import { formatHistogram } from "../../histogram/index.ts";
import type { Labels } from "../../labels.ts";
import { formatPlain } from "../../math/float-text.ts";
import type { AggregateExpr } from "../../syntax/ast.ts";
import type { EvalContext } from "../context.ts";
import { EvaluationError } from "../errors.ts";
import { signatures, type Signatures } from "../operators/signature.ts";
import { Pacer } from "../pacer.ts";
import { Vector } from "../vector.ts";
import { labelsOfGroup } from "./grouping.ts";
import { parameter } from "./remarks.ts";

/** What making labels costs in comparison to counting. */
const LABELS_WORK = 64;

/** `count_values`: a row for each group and value, which is written into the label `name`. */
export async function countValues(
  expr: AggregateExpr,
  input: Vector,
  name: string,
  ctx: EvalContext,
): Promise<Vector> {
  if (name === "" || name.includes("\uFFFD")) {
    // The text as it was written: in a string of JavaScript bytes that are no UTF-8 are lost.
    throw new EvaluationError("execution", `invalid label name ${literal(expr, ctx)}`);
  }
  const counter = new Counter(expr, input, name, ctx);
  return counter.run();
}

function literal(expr: AggregateExpr, ctx: EvalContext): string {
  return `"${ctx.annotations.source(parameter(expr)).slice(1, -1)}"`;
}

class Counter {
  private readonly out: Vector;
  private readonly input: Vector;
  private readonly name: string;
  private readonly ctx: EvalContext;
  private readonly grouping: Pick<AggregateExpr, "without" | "grouping">;
  private readonly groups: Signatures;
  /** By group, the row of results of each value: a number, or the text of what no map can tell apart. */
  private readonly rows: Map<number | string, number>[] = [];
  /** False when the label of the value is itself left out. */
  private readonly shown: boolean;

  constructor(expr: AggregateExpr, input: Vector, name: string, ctx: EvalContext) {
    const { without, grouping } = expr;
    this.grouping = { without, grouping: without ? grouping : [...grouping, name] };
    // The label is overwritten by the value, so that it does not tell groups apart.
    const others = grouping.filter((one) => one !== name);
    this.groups = signatures(!without, without ? [...others, name] : others);
    this.shown = !without || !grouping.includes(name);
    this.input = input;
    this.name = name;
    this.ctx = ctx;
    this.out = new Vector(input.steps);
  }

  async run(): Promise<Vector> {
    const { input, ctx, out } = this;
    const { steps } = input;
    const pacer = new Pacer(ctx.budget);
    for (let row = 0; row < input.rows; row++) {
      const labels = input.labels[row];
      if (!labels) continue;
      const rows = (this.rows[this.groups.number(labels)] ??= new Map());
      for (let step = 0; step < steps; step++) {
        const at = row * steps + step;
        if (!input.present[at]) continue;
        const key = this.key(at);
        let to = rows.get(key);
        if (to === undefined) {
          to = this.addRow(labels, typeof key === "string" ? key : formatPlain(key));
          rows.set(key, to);
          if (pacer.due(LABELS_WORK)) await ctx.budget.pause();
        }
        const place = to * steps + step;
        out.values[place] = (out.values[place] ?? 0) + 1;
        out.present[place] = 1;
      }
      if (pacer.due(steps)) await ctx.budget.pause();
    }
    return out;
  }

  private key(at: number): number | string {
    if (!this.shown) return 0;
    const histogram = this.input.histograms?.[at];
    if (histogram) return formatHistogram(histogram);
    const value = this.input.values[at] ?? 0;
    // A map takes -0 for 0, which are two texts.
    return Object.is(value, -0) ? "-0" : value;
  }

  private addRow(labels: Labels, text: string): number {
    // One row per value is no bound: a row of constantly new values makes as many rows as there are steps.
    this.ctx.budget.hold(this.out.steps);
    return this.out.addRow(labelsOfGroup(this.grouping, labels.with(this.name, text)), false);
  }
}
