import { spanFlags, type SpanColumns } from "@fleetlight/contract";

import {
  AgentNames,
  MODEL_OPERATIONS,
  type AgentEdge,
  type Operation,
  type TraceAnalysis,
} from "#collect";
import { Turns } from "#lib";

import { agentAt, hasFailed, idAt, shapeAt, treeOf, type Tree } from "./analysis/tree.ts";

/** Calls of tools that are listed; all are counted. */
const MAX_TOOL_CALLS = 1000;
const MAX_EDGES = 1000;

/** What a summary says of a trace, from all of its spans. */
export interface LongFigures {
  spans: number;
  errors: number;
  /** Of the latest end, Unix nanoseconds. */
  lastNs: bigint;
  ended: boolean;
  toolCalls: number;
  /** As `analyseTrace` has them; tokens from caches and of reasoning are not among the columns and are 0. */
  analysis: Pick<TraceAnalysis, "agents" | "edges" | "toolCalls" | "usage">;
}

const WORK: ReadonlySet<string> = new Set(["invoke_agent", "task"]);
/** Ancestors that are looked at; `analyseTrace` has the same limit. */
const MAX_ANCESTORS = 1000;
const BOUNDARIES: ReadonlySet<string> = new Set(["execute_tool", "invoke_agent"]);
const KINDS: Readonly<Record<string, AgentEdge["kind"]>> = { message: "message", wait: "wait" };

const isModel = (operation: string): boolean => MODEL_OPERATIONS.has(operation as Operation);

const usesAt = ({ columns }: Tree, place: number): boolean =>
  (columns.inputTokens[place] ?? 0) > 0 ||
  (columns.outputTokens[place] ?? 0) > 0 ||
  (columns.costs[place] ?? 0) > 0;

/** What lies below a span. */
const MODEL_BELOW = 1;
const SAME_CALL_BELOW = 2;
const SUM_BELOW = 4;

/** Whether the usage of a span counts, and what that is to the span above. */
function judge(tree: Tree, place: number, below: number): { counts: boolean; up: number } {
  const { operation } = shapeAt(tree, place);
  const uses = usesAt(tree, place);
  const call = uses && isModel(operation);
  // Nothing was counted below this sum.
  const sum = uses && !call && (below & MODEL_BELOW) === 0;
  const isRepeated = (below & SAME_CALL_BELOW) !== 0 && !BOUNDARIES.has(operation);
  const up =
    (below & (MODEL_BELOW | SUM_BELOW)) |
    (call ? MODEL_BELOW | SAME_CALL_BELOW : 0) |
    (isRepeated ? SAME_CALL_BELOW : 0) |
    (sum ? SUM_BELOW : 0);
  return { counts: call ? !isRepeated : sum && (below & SUM_BELOW) === 0, up };
}

/**
 * Spans whose usage counts, by the rule of `analyseTrace`: from the leaves upwards, each span once. A call of a model that
 * another instrumentation saw from further inside is a repetition, and so is a sum above what was counted.
 */
async function payableOf(tree: Tree, turns: Turns): Promise<Uint8Array> {
  const { order, parents } = tree;
  const below = new Uint8Array(order.length);
  const payable = new Uint8Array(order.length);
  for (let at = order.length - 1; at >= 0; at--) {
    const place = order[at] ?? 0;
    const { counts, up } = judge(tree, place, below[place] ?? 0);
    if (counts) payable[place] = 1;
    const parent = parents[place] ?? -1;
    if (parent >= 0) below[parent] = (below[parent] ?? 0) | up;
    if (turns.isDue) await turns.next();
  }
  return payable;
}

type Usage = TraceAnalysis["usage"][number];

/** What was paid for, by agent and model. */
class Bill {
  private readonly byKey = new Map<string, Usage>();

  add(tree: Tree, place: number): void {
    const agent = agentAt(tree, place);
    const { model } = shapeAt(tree, place);
    const key = `${agent}\0${model}`;
    let usage = this.byKey.get(key);
    if (usage === undefined) {
      const none = { inputTokens: 0, outputTokens: 0, cachedTokens: 0, reasoningTokens: 0 };
      usage = { agent, model, calls: 0, ...none, costUsd: undefined, unpricedCalls: 0 };
      this.byKey.set(key, usage);
    }
    const cost = tree.columns.costs[place] ?? Number.NaN;
    usage.calls++;
    usage.inputTokens += tree.columns.inputTokens[place] ?? 0;
    usage.outputTokens += tree.columns.outputTokens[place] ?? 0;
    if (Number.isNaN(cost)) usage.unpricedCalls++;
    else usage.costUsd = (usage.costUsd ?? 0) + cost;
  }

  get usage(): Usage[] {
    return [...this.byKey.values()];
  }
}

/** Who reached whom. */
class Edges {
  private readonly byKey = new Map<string, AgentEdge>();

  add(tree: Tree, place: number): void {
    const { operation, peer, agent } = shapeAt(tree, place);
    if (peer !== "") this.put(agentAt(tree, place), peer, KINDS[operation] ?? "handoff");
    const parent = tree.parents[place] ?? -1;
    if (WORK.has(operation) && parent >= 0) this.put(agentAt(tree, parent), agent, "delegation");
  }

  /** @param agents of the trace */
  of(agents: Iterable<string>): AgentEdge[] {
    const names = new AgentNames(agents);
    const edges = new Map<string, AgentEdge>();
    for (const { from, to, kind } of this.byKey.values()) {
      const meant = names.meant(to) ?? to;
      if (meant !== from) edges.set(`${from}\0${meant}\0${kind}`, { from, to: meant, kind });
    }
    return [...edges.values()];
  }

  private put(from: string, to: string, kind: AgentEdge["kind"]): void {
    if (from === "" || to === "" || from === to || this.byKey.size >= MAX_EDGES) return;
    this.byKey.set(`${from}\0${to}\0${kind}`, { from, to, kind });
  }
}

/** Whether it is a call of a tool that was not told of before, from further outside; as `analyseTrace` has it. */
function isToolCall(tree: Tree, place: number): boolean {
  const { operation, tool } = shapeAt(tree, place);
  if (operation !== "execute_tool" || tool === "") return false;
  let above = tree.parents[place] ?? -1;
  for (let steps = 0; above >= 0 && steps < MAX_ANCESTORS; steps++) {
    const shape = shapeAt(tree, above);
    if (shape.operation === "execute_tool" && shape.tool === tool) return false;
    if (shape.operation === "invoke_agent" || isModel(shape.operation)) return true;
    above = tree.parents[above] ?? -1;
  }
  return true;
}

/** Looks at a trace that is too long for objects, in turns. @param columns by start, each span once */
export async function figuresOf(columns: SpanColumns): Promise<LongFigures> {
  const turns = new Turns();
  const tree = await treeOf(columns, turns);
  const payable = await payableOf(tree, turns);
  const [bill, edges, agents, named] = [
    new Bill(),
    new Edges(),
    new Set<string>(),
    new Set<string>(),
  ];
  const tools: TraceAnalysis["toolCalls"] = [];
  const figures = { spans: payable.length, errors: 0, lastNs: 0n, ended: true, toolCalls: 0 };
  for (let place = 0; place < payable.length; place++) {
    if (turns.isDue) await turns.next();
    const { operation, agent, tool } = shapeAt(tree, place);
    const failed = hasFailed(tree, place);
    if (failed) figures.errors++;
    if (!spanFlags.ended(columns.flags[place] ?? 0)) figures.ended = false;
    const endNs = (columns.starts[place] ?? 0n) + BigInt(Math.round(columns.durations[place] ?? 0));
    if (endNs > figures.lastNs) figures.lastNs = endNs;
    if (payable[place] === 1) bill.add(tree, place);
    edges.add(tree, place);
    if (agent !== "") named.add(agent);
    if (WORK.has(operation) && agent !== "") agents.add(agent);
    if (!isToolCall(tree, place)) continue;
    figures.toolCalls++;
    if (tools.length < MAX_TOOL_CALLS)
      tools.push({ agent: agentAt(tree, place), tool, spanId: idAt(tree, place), failed });
  }
  return {
    ...figures,
    analysis: { agents: [...agents], edges: edges.of(named), toolCalls: tools, usage: bill.usage },
  };
}
