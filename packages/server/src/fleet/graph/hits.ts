import { AgentNames, isRepeatedCall, MODEL_OPERATIONS, type Operation } from "#collect";
import type { SpanRow } from "#store";

import { agentAbove, type LiveSpan } from "../live/index.ts";
import { externalOf } from "./external.ts";

/** Spans that are an agent at work. */
const WORK: ReadonlySet<string> = new Set(["invoke_agent", "task"]);
const MODEL: ReadonlySet<string> = MODEL_OPERATIONS satisfies ReadonlySet<Operation>;

export interface GraphNode {
  kind: "agent" | "tool" | "model" | "service" | "external";
  name: string;
}

/** One span, or the usage of one, seen as a line between two nodes; without `to` it is a node's own work. */
export interface Hit {
  from: GraphNode;
  to: GraphNode | undefined;
  kind: "run" | "handoff" | "delegation" | "message" | "wait" | "tool" | "model" | "call";
}

/** What is remembered of a span whose relatives have not all come. */
export type Fact = Pick<
  SpanRow,
  "spanId" | "parentSpanId" | "service" | "operation" | "agent" | "peer" | "model" | "tool" | "kind"
> & { external: GraphNode | undefined };

/** `complete` is false while a span that may still come could change it. */
export interface Resolution {
  hits: Hit[];
  complete: boolean;
}

type Spans = ReadonlyMap<string, LiveSpan>;

export const factOf = (row: SpanRow): Fact => ({
  spanId: row.spanId,
  parentSpanId: row.parentSpanId,
  service: row.service,
  operation: row.operation,
  agent: row.agent,
  peer: row.peer,
  model: row.model,
  tool: row.tool,
  kind: row.kind,
  external: externalOf(row),
});

const agentNode = (name: string): GraphNode => ({ kind: "agent", name });
const serviceNode = (name: string): GraphNode => ({ kind: "service", name });

const isAgent = (agent: string): boolean => agent !== "";

/** Who does it: the span's agent or the nearest above; the service where there is none. */
function doerOf(fact: Fact, spans: Spans): { node: GraphNode; known: boolean } {
  const { agent, known } = isAgent(fact.agent)
    ? { agent: fact.agent, known: true }
    : agentAbove(fact.parentSpanId, spans, isAgent);
  return { node: isAgent(agent) ? agentNode(agent) : serviceNode(fact.service), known };
}

/** What is found out of the spans of a trace when a line needs it, once for all of its lines. */
export class Surroundings {
  private readonly spans: Spans;
  private foundAnswered: ReadonlySet<string> | undefined;
  private foundNames: AgentNames | undefined;

  constructor(spans: Spans) {
    this.spans = spans;
  }

  /** Spans below which another service has worked. */
  get answered(): ReadonlySet<string> {
    return (this.foundAnswered ??= answeredIn(this.spans));
  }

  get names(): AgentNames {
    return (this.foundNames ??= new AgentNames(
      [...this.spans.values()].map(({ facets }) => facets.agent),
    ));
  }
}

/** Where a span of an agent reaches to: a tool, a model, or another agent; `known` is false while that may have another name. */
function reachOf(
  fact: Fact,
  around: Surroundings,
): (Pick<Hit, "to" | "kind"> & { known: boolean }) | undefined {
  const { operation, tool, model, peer } = fact;
  if (operation === "execute_tool" && tool !== "")
    return { to: { kind: "tool", name: tool }, kind: "tool", known: true };
  if (MODEL.has(operation))
    return { to: { kind: "model", name: model || "unknown" }, kind: "model", known: true };
  if (peer === "") return undefined;
  if (operation === "message" || operation === "wait")
    return { to: agentNode(peer), kind: operation, known: true };
  const meant = around.names.meant(peer);
  return { to: agentNode(meant ?? peer), kind: "handoff", known: meant !== undefined };
}

/** An agent that begins to work: its own run, and whoever asked it for that. */
function workOf(fact: Fact, spans: Spans): Resolution {
  const above = agentAbove(fact.parentSpanId, spans, isAgent);
  // Frameworks nest spans of one and the same agent; the outermost one is the run.
  if (above.agent === fact.agent) return { hits: [], complete: true };
  const to = agentNode(fact.agent);
  const hits: Hit[] = [{ from: to, to: undefined, kind: "run" }];
  if (isAgent(above.agent)) hits.push({ from: agentNode(above.agent), to, kind: "delegation" });
  return { hits, complete: above.known };
}

/** A service that another one called, or that somebody from outside did. */
function callOf(fact: Fact, spans: Spans): Resolution {
  const own = serviceNode(fact.service);
  const parent = spans.get(fact.parentSpanId);
  if (parent !== undefined && parent.service === fact.service) return { hits: [], complete: true };
  const hits: Hit[] = [{ from: own, to: undefined, kind: "run" }];
  if (parent !== undefined) hits.push({ from: serviceNode(parent.service), to: own, kind: "call" });
  return { hits, complete: parent !== undefined || fact.parentSpanId === "" };
}

/** A call to something that sends no spans itself, as far as is known. */
function externalCallOf(fact: Fact, around: Surroundings): Resolution {
  if (fact.external === undefined || around.answered.has(fact.spanId))
    return { hits: [], complete: true };
  const hit: Hit = { from: serviceNode(fact.service), to: fact.external, kind: "call" };
  return { hits: [hit], complete: false };
}

function join(found: Resolution, more: Resolution): void {
  for (const hit of more.hits) found.hits.push(hit);
  found.complete &&= more.complete;
}

/** The lines that an ended span draws. */
export function hitsOf(fact: Fact, spans: Spans, around: Surroundings): Resolution {
  const found = callOf(fact, spans);
  const reach = reachOf(fact, around);
  const isRepeated = reach?.kind === "tool" && isRepeatedCall(fact.tool, fact.parentSpanId, spans);
  if (reach !== undefined && !isRepeated) {
    const { node, known } = doerOf(fact, spans);
    const isSelf = node.kind === reach.to?.kind && node.name === reach.to.name;
    if (!isSelf) found.hits.push({ from: node, to: reach.to, kind: reach.kind });
    found.complete &&= known && reach.known;
  }
  if (WORK.has(fact.operation) && isAgent(fact.agent)) join(found, workOf(fact, spans));
  if (reach === undefined && fact.external !== undefined) join(found, externalCallOf(fact, around));
  return found;
}

/** The lines that usage is written to: that to the model, and that from whoever asked the agent that paid. */
export function usageHitsOf(fact: Fact, spans: Spans): Resolution {
  const { node, known } = doerOf(fact, spans);
  const isCall = MODEL.has(fact.operation);
  const hits: Hit[] = [
    isCall
      ? { from: node, to: { kind: "model", name: fact.model || "unknown" }, kind: "model" }
      : { from: node, to: undefined, kind: "run" },
  ];
  if (node.kind !== "agent") return { hits, complete: known };
  const asker = agentAbove(
    fact.parentSpanId,
    spans,
    (agent) => isAgent(agent) && agent !== node.name,
  );
  if (isAgent(asker.agent))
    hits.push({ from: agentNode(asker.agent), to: node, kind: "delegation" });
  return { hits, complete: known && asker.known };
}

function answeredIn(spans: Spans): ReadonlySet<string> {
  const answered = new Set<string>();
  for (const { span, service } of spans.values()) {
    const parent = spans.get(span.parentSpanId);
    if (parent !== undefined && parent.service !== service) answered.add(span.parentSpanId);
  }
  return answered;
}
