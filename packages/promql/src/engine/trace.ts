import type { Expr } from "../syntax/ast.ts";
import { formatPromQL } from "../syntax/format.ts";
import type { PlanNode } from "./types.ts";

interface Open {
  node: PlanNode;
  startedMs: number;
  childrenMs: number;
  readBefore: number;
}

/** What a node gave. */
export interface Outcome {
  series: number;
  samples: number;
}

/** Collects the tree of {@link PlanNode}s while an expression is evaluated, node after node. */
export class Trace {
  private readonly open: Open[] = [];
  root: PlanNode | undefined;

  enter(expr: Expr, stepInvariant: boolean, samplesRead: number): void {
    const node: PlanNode = {
      text: formatPromQL(expr),
      kind: expr.kind,
      start: expr.start,
      end: expr.end,
      totalMs: 0,
      selfMs: 0,
      series: 0,
      samples: 0,
      samplesRead: 0,
      stepInvariant,
      children: [],
    };
    const parent = this.open.at(-1);
    if (parent) parent.node.children.push(node);
    else this.root ??= node;
    this.open.push({ node, startedMs: performance.now(), childrenMs: 0, readBefore: samplesRead });
  }

  leave(outcome: Outcome, samplesRead: number): void {
    const open = this.open.pop();
    if (!open) return;
    const { node } = open;
    node.totalMs = performance.now() - open.startedMs;
    node.selfMs = node.totalMs - open.childrenMs;
    node.series = outcome.series;
    node.samples = outcome.samples;
    node.samplesRead = samplesRead - open.readBefore;
    const parent = this.open.at(-1);
    if (parent) parent.childrenMs += node.totalMs;
  }
}
