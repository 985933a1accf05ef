import { Turns } from "#lib";
import type { ComparedNode, TraceComparison } from "@fleetlight/contract";

import { analyseTrace } from "#collect";
import { columnsOf, costOf, type LeanRow, type SpanContent } from "#store";

import { analysedOf } from "./analysed.ts";
import { agentAt, treeOf } from "./analysis/tree.ts";
import { summaryOf, type Clock } from "./summary.ts";

const MAX_NODES = 5000;
const MAX_ANSWERS = 100;
const MAX_ANSWER_CHARACTERS = 4000;
/** Spans at one place whose answers are compared with one another. */
const MAX_PAIRED = 20;

/** Contents that are what a model or a tool gave back, the best first. */
const ANSWERS = [
  "gen_ai.output.messages",
  "gen_ai.tool.call.result",
  "ai.response.text",
  "ai.response.object",
  "ai.toolCall.result",
  "traceloop.entity.output",
  "langfuse.observation.output",
  "gen_ai.completion",
  "gen_ai.completion.0.content",
  "gen_ai.choice",
  "output.value",
];

export interface ComparedTrace {
  rows: readonly LeanRow[];
  contents: ReadonlyMap<string, readonly SpanContent[]>;
  truncated: boolean;
}

type SideName = "a" | "b";
interface Node extends ComparedNode {
  spanIds: Record<SideName, string[]>;
}
type Side = NonNullable<ComparedNode["a"]>;

/** Puts the spans of one trace into their places. */
async function place(
  nodes: Map<string, Node>,
  side: SideName,
  rows: readonly LeanRow[],
  payable: ReadonlySet<string>,
  turns: Turns,
): Promise<void> {
  const tree = await treeOf(await columnsOf(rows), turns);
  const placed: Node[] = [];
  for (const at of tree.order) {
    const row = rows[at];
    if (row === undefined) continue;
    const agent = agentAt(tree, at);
    const above = placed[tree.parents[at] ?? -1];
    const parent = above?.id ?? null;
    const key = JSON.stringify([parent, row.name, row.operation, agent]);
    const depth = above === undefined ? 0 : above.depth + 1;
    const node = nodes.get(key) ?? nodeOf(row, agent, parent, depth, String(nodes.size));
    placed[at] = node;
    nodes.set(key, node);
    const sum = (node[side] ??= sideOf(row));
    add(sum, row, payable.has(row.spanId));
    if (node.spanIds[side].length < MAX_PAIRED) node.spanIds[side].push(row.spanId);
    if (turns.isLong) await turns.next();
  }
}

function nodeOf(
  row: LeanRow,
  agent: string,
  parent: string | null,
  depth: number,
  id: string,
): Node {
  const { name, operation, tool, model } = row;
  const spanIds = { a: [], b: [] };
  return { id, parent, depth, name, operation, agent, tool, model, a: null, b: null, spanIds };
}

const sideOf = (row: LeanRow): Side => ({
  spans: 0,
  errors: 0,
  seconds: 0,
  input_tokens: 0,
  output_tokens: 0,
  cost_usd: null,
  first_span_id: row.spanId,
});

/** What frameworks repeat on several spans counts once. */
function add(side: Side, row: LeanRow, isPaid: boolean): void {
  side.spans++;
  if (row.status === 2) side.errors++;
  side.seconds += row.durationNs / 1e9;
  if (!isPaid) return;
  side.input_tokens += row.inputTokens;
  side.output_tokens += row.outputTokens;
  const cost = costOf(row);
  if (cost !== undefined) side.cost_usd = (side.cost_usd ?? 0) + cost;
}

function answerOf(contents: readonly SpanContent[] = []): string | undefined {
  for (const name of ANSWERS) {
    const found = contents.find((one) => one.name === name);
    if (found !== undefined) return found.text;
  }
  return undefined;
}

/** What was answered at the same place, call by call. */
function answersOf(
  nodes: Iterable<Node>,
  a: ComparedTrace["contents"],
  b: ComparedTrace["contents"],
): TraceComparison["answers"] {
  const answers: TraceComparison["answers"] = [];
  for (const { id, name, agent, spanIds } of nodes)
    for (const [i, first] of spanIds.a.entries()) {
      const second = spanIds.b[i];
      if (second === undefined || answers.length >= MAX_ANSWERS) break;
      const [left, right] = [answerOf(a.get(first)), answerOf(b.get(second))];
      if (left === right || left === undefined || right === undefined) continue;
      answers.push({
        node: id,
        name,
        agent,
        a_span_id: first,
        b_span_id: second,
        a: left.slice(0, MAX_ANSWER_CHARACTERS),
        b: right.slice(0, MAX_ANSWER_CHARACTERS),
        truncated: Math.max(left.length, right.length) > MAX_ANSWER_CHARACTERS,
      });
    }
  return answers;
}

function onWire(node: Node): ComparedNode {
  const { spanIds: _, ...rest } = node;
  return rest;
}

/** Two traces side by side: spans with the same name, operation and agent below the same ones stand at one place. */
export async function compareTraces(
  a: ComparedTrace,
  b: ComparedTrace,
  clock: Clock,
): Promise<TraceComparison> {
  const turns = new Turns();
  const nodes = new Map<string, Node>();
  const [left, right] = [a, b].map(({ rows }) => analyseTrace(rows.map(analysedOf))) as [
    ReturnType<typeof analyseTrace>,
    ReturnType<typeof analyseTrace>,
  ];
  await place(nodes, "a", a.rows, left.payable, turns);
  await place(nodes, "b", b.rows, right.payable, turns);
  const all = [...nodes.values()];
  return {
    a: summaryOf(a.rows, left, clock),
    b: summaryOf(b.rows, right, clock),
    nodes: all.slice(0, MAX_NODES).map(onWire),
    only_in_a: all.filter(({ b: other }) => other === null).length,
    only_in_b: all.filter(({ a: other }) => other === null).length,
    answers: answersOf(all, a.contents, b.contents),
    truncated: a.truncated || b.truncated || all.length > MAX_NODES,
  };
}
