import { AgentNames } from "./agent-names.ts";
import { MODEL_OPERATIONS, type Facets, type Operation, type Span } from "./model.ts";

/** Ancestors that are followed from one span: longer chains, and those in a circle, end here. */
const MAX_ANCESTORS = 1000;

/** What is looked at of a span. */
export interface AnalysedSpan {
  span: Pick<Span, "spanId" | "parentSpanId" | "startNs" | "status">;
  facets: Omit<Facets, "dialects">;
}

/** One agent reached another. */
export interface AgentEdge {
  from: string;
  to: string;
  /** Handed the conversation over; asked for something; told something; waited until the other one was done. */
  kind: "handoff" | "delegation" | "message" | "wait";
}

/** What a span with a peer is to it. */
const KINDS: Partial<Record<Operation, AgentEdge["kind"]>> = { message: "message", wait: "wait" };

/** Spans that are an agent at work. */
const WORK: ReadonlySet<Operation> = new Set(["invoke_agent", "task"]);

export interface ToolCall {
  agent: string;
  tool: string;
  spanId: string;
  failed: boolean;
}

/** What one model was paid for on behalf of one agent. */
export interface Usage {
  agent: string;
  model: string;
  calls: number;
  inputTokens: number;
  outputTokens: number;
  cachedTokens: number;
  reasoningTokens: number;
  /** Undefined when nobody knows the price of any call. */
  costUsd: number | undefined;
  /** Calls with tokens whose price nobody knows. */
  unpricedCalls: number;
}

/** What a trace shows of the agents in it. */
export interface TraceAnalysis {
  workflow: string;
  conversation: string;
  /** In the order in which they began. */
  agents: string[];
  edges: AgentEdge[];
  toolCalls: ToolCall[];
  usage: Usage[];
  /** Spans whose usage is in `usage`, by span id. */
  payable: ReadonlySet<string>;
  /** The agent of each span, by span id: its own, or that of the nearest ancestor with one. */
  agentOf: ReadonlyMap<string, string>;
}

function* ancestorsOf(
  parentSpanId: string,
  spans: ReadonlyMap<string, AnalysedSpan>,
): Generator<AnalysedSpan> {
  let current = spans.get(parentSpanId);
  for (let steps = 0; current !== undefined && steps < MAX_ANCESTORS; steps++) {
    yield current;
    current = spans.get(current.span.parentSpanId);
  }
}

/** Whether a call of a tool was seen before, from further outside: by the framework, or by the client of a protocol. */
export function isRepeatedCall(
  tool: string,
  parentSpanId: string,
  spans: ReadonlyMap<string, AnalysedSpan>,
): boolean {
  for (const { facets } of ancestorsOf(parentSpanId, spans)) {
    if (facets.operation === "execute_tool" && facets.tool === tool) return true;
    if (facets.operation === "invoke_agent" || MODEL_OPERATIONS.has(facets.operation)) return false;
  }
  return false;
}

/** Spans of one trace with the ways up; a parent that is missing, or comes later, is no parent yet. */
class Family {
  readonly byId: ReadonlyMap<string, AnalysedSpan>;
  /** Agents that were found, so that no way up is gone twice. */
  private readonly agents = new Map<AnalysedSpan, string>();

  constructor(spans: readonly AnalysedSpan[]) {
    this.byId = new Map(spans.map((one) => [one.span.spanId, one]));
  }

  ancestors(of: AnalysedSpan): Generator<AnalysedSpan> {
    return ancestorsOf(of.span.parentSpanId, this.byId);
  }

  agentOf(one: AnalysedSpan): string {
    let agent = one.facets.agent || this.agents.get(one);
    if (agent !== undefined) return agent;
    const way = [one];
    for (const above of this.ancestors(one)) {
      agent = above.facets.agent || this.agents.get(above);
      if (agent !== undefined) break;
      way.push(above);
    }
    for (const below of way) this.agents.set(below, agent ?? "");
    return agent ?? "";
  }

  depthOf(one: AnalysedSpan): number {
    let depth = 0;
    for (const _ of this.ancestors(one)) depth++;
    return depth;
  }

  /** The agent that an agent's span was begun by; empty when it is the same one. */
  callerOf(one: AnalysedSpan): string {
    for (const { facets } of this.ancestors(one))
      if (facets.agent !== "") return facets.agent === one.facets.agent ? "" : facets.agent;
    return "";
  }
}

/** Whether a span says that it used or cost something. */
export const hasUsage = ({ facets }: AnalysedSpan): boolean =>
  facets.inputTokens > 0 || facets.outputTokens > 0 || (facets.costUsd ?? 0) > 0;

/** Where one call of a model ends and what was done because of its answer begins. */
const isBoundary = ({ facets }: AnalysedSpan): boolean =>
  facets.operation === "execute_tool" || facets.operation === "invoke_agent";

/**
 * Spans whose usage counts. Most frameworks repeat on the agent's span what the calls of models below it used: such a sum
 * counts only where nothing below it was counted, or the bill would double.
 */
function payable(spans: readonly AnalysedSpan[], family: Family): AnalysedSpan[] {
  const using = spans.filter(hasUsage);
  const [models, sums] = [true, false].map((wanted) =>
    using.filter(({ facets }) => MODEL_OPERATIONS.has(facets.operation) === wanted),
  ) as [AnalysedSpan[], AnalysedSpan[]];
  /** Calls that another instrumentation saw as well, from further inside. */
  const repeated = new Set<AnalysedSpan>();
  const summed = new Set<AnalysedSpan>();
  for (const one of models) {
    let isSameCall = true;
    for (const ancestor of family.ancestors(one)) {
      isSameCall &&= !isBoundary(ancestor);
      if (isSameCall) repeated.add(ancestor);
      summed.add(ancestor);
    }
  }
  const alone = sums.filter((one) => !summed.has(one));
  for (const one of alone) for (const above of family.ancestors(one)) summed.add(above);
  return [
    ...models.filter((one) => !repeated.has(one)),
    ...alone.filter((one) => !summed.has(one)),
  ];
}

function toolCallsOf(spans: readonly AnalysedSpan[], family: Family): ToolCall[] {
  return spans
    .filter(({ facets }) => facets.operation === "execute_tool" && facets.tool !== "")
    .filter(({ facets, span }) => !isRepeatedCall(facets.tool, span.parentSpanId, family.byId))
    .map((one) => ({
      agent: family.agentOf(one),
      tool: one.facets.tool,
      spanId: one.span.spanId,
      failed: one.span.status === 2,
    }));
}

function usageOf(paid: readonly AnalysedSpan[], family: Family): Usage[] {
  const byKey = new Map<string, Usage>();
  for (const one of paid) {
    const { facets } = one;
    const agent = family.agentOf(one);
    const key = `${agent}\0${facets.model}`;
    let usage = byKey.get(key);
    if (usage === undefined) {
      usage = {
        agent,
        model: facets.model,
        calls: 0,
        inputTokens: 0,
        outputTokens: 0,
        cachedTokens: 0,
        reasoningTokens: 0,
        costUsd: undefined,
        unpricedCalls: 0,
      };
      byKey.set(key, usage);
    }
    usage.calls++;
    usage.inputTokens += facets.inputTokens;
    usage.outputTokens += facets.outputTokens;
    usage.cachedTokens += facets.cachedTokens;
    usage.reasoningTokens += facets.reasoningTokens;
    if (facets.costUsd !== undefined) usage.costUsd = (usage.costUsd ?? 0) + facets.costUsd;
    else usage.unpricedCalls++;
  }
  return [...byKey.values()];
}

function edgesOf(spans: readonly AnalysedSpan[], family: Family): AgentEdge[] {
  const edges = new Map<string, AgentEdge>();
  const add = (from: string, to: string, kind: AgentEdge["kind"]) => {
    if (from === "" || to === "" || from === to) return;
    edges.set(`${from}\0${to}\0${kind}`, { from, to, kind });
  };
  let names: AgentNames | undefined;
  for (const one of spans) {
    const { operation, peer, agent } = one.facets;
    if (peer !== "") {
      names ??= new AgentNames(spans.map(({ facets }) => facets.agent));
      add(family.agentOf(one), names.meant(peer) ?? peer, KINDS[operation] ?? "handoff");
    }
    if (WORK.has(operation)) add(family.callerOf(one), agent, "delegation");
  }
  return [...edges.values()];
}

/** Spans arrive in any order; agents are told of in that of their beginnings. */
const byStart = (a: AnalysedSpan, b: AnalysedSpan): number =>
  a.span.startNs < b.span.startNs ? -1 : a.span.startNs > b.span.startNs ? 1 : 0;

/** Looks at the spans of one trace, in any order and as far as they have come. Never throws. */
export function analyseTrace(spans: readonly AnalysedSpan[]): TraceAnalysis {
  const family = new Family(spans);
  const ordered = spans.toSorted(byStart);
  // Parents begin before their children: each span finds its agent one step above, however deep it lies.
  const agentOf = new Map(ordered.map((one) => [one.span.spanId, family.agentOf(one)]));
  /** What the span nearest to the root says. */
  const firstOf = (facet: "workflow" | "conversation"): string => {
    let found = "";
    let least = Infinity;
    for (const one of ordered) {
      if (one.facets[facet] === "") continue;
      const depth = family.depthOf(one);
      if (depth < least) [found, least] = [one.facets[facet], depth];
      if (depth === 0) break;
    }
    return found;
  };
  const invoked = ordered.filter(({ facets }) => WORK.has(facets.operation) && facets.agent !== "");
  const paid = payable(ordered, family);
  return {
    workflow: firstOf("workflow"),
    conversation: firstOf("conversation"),
    agents: [...new Set(invoked.map(({ facets }) => facets.agent))],
    edges: edgesOf(ordered, family),
    toolCalls: toolCallsOf(ordered, family),
    usage: usageOf(paid, family),
    payable: new Set(paid.map(({ span }) => span.spanId)),
    agentOf,
  };
}
