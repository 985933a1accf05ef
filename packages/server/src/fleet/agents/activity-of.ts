import { ATTRIBUTES } from "@fleetlight/sdk";

import {
  hasUsage,
  isRepeatedCall,
  MODEL_OPERATIONS,
  type AnalysedSpan,
  type Operation,
  type TraceAnalysis,
} from "#collect";
import type { Activity, ActivityKind, SpanRow } from "#store";

/** Agents of one conflict or workflow, and letters of a name. */
const MAX_AGENTS = 50;
const MAX_NAME = 256;
/** Ancestors that are followed. */
const MAX_ANCESTORS = 1000;

const KINDS: Partial<Record<Operation, ActivityKind>> = {
  task: "task",
  invoke_agent: "run",
  step: "step",
  retrieval: "step",
  guardrail: "step",
  chat: "model",
  embeddings: "model",
  execute_tool: "tool",
  workflow: "workflow",
  conflict: "conflict",
  wait: "wait",
  message: "message",
  handoff: "message",
};

export const kindOf = ({ operation }: Pick<SpanRow, "operation">): ActivityKind | undefined =>
  KINDS[operation as Operation];

const NO_NAMES: readonly string[] = [];

/** Names of a list attribute, which is kept as JSON; each once. */
function namesOf(text: string | undefined): string[] {
  if (text === undefined || text === "") return [];
  let names: unknown[] = [text];
  if (text.startsWith("["))
    try {
      names = JSON.parse(text) as unknown[];
    } catch {
      names = [];
    }
  const texts = names.filter((name): name is string => typeof name === "string" && name !== "");
  return [...new Set(texts.map((name) => name.slice(0, MAX_NAME)))].slice(0, MAX_AGENTS);
}

/** What the activity is about: the type that is written on it, else the tool or model. */
export const typeOf = (row: SpanRow, kind: ActivityKind): string => {
  const { attributes } = row;
  switch (kind) {
    case "task":
      return attributes[ATTRIBUTES.taskType] ?? "";
    case "workflow":
      return attributes[ATTRIBUTES.workflowType] ?? "";
    case "conflict":
      return attributes[ATTRIBUTES.conflictType] ?? "";
    case "message":
      return attributes[ATTRIBUTES.messageType] ?? "";
    case "tool":
      return row.tool;
    case "model":
      return row.model;
    default:
      return "";
  }
};

const qualityOf = ({ numbers }: SpanRow): number => {
  const quality = numbers[ATTRIBUTES.quality];
  return quality === undefined || Number.isNaN(quality) ? -1 : Math.min(1, Math.max(0, quality));
};

const NOTHING = { inputTokens: 0, outputTokens: 0, costUsd: 0, priced: false };

/** The activity that a span which has ended is, as far as the span alone tells; undefined when it is none. */
export function activityOf(row: SpanRow): Activity | undefined {
  const kind = kindOf(row);
  if (kind === undefined) return undefined;
  const { attributes, numbers, agent, workflow, conversation } = row;
  const startUs = Number(BigInt(row.startNs) / 1000n);
  const durationUs = Math.round(row.durationNs / 1000);
  const list = kind === "conflict" ? ATTRIBUTES.conflictAgents : ATTRIBUTES.workflowAgents;
  const agents = kind === "conflict" || kind === "workflow" ? namesOf(attributes[list]) : NO_NAMES;
  return {
    traceId: row.traceId,
    spanId: row.spanId,
    kind,
    agent,
    peer: row.peer,
    agents,
    workflow,
    conversation,
    type: typeOf(row, kind).slice(0, MAX_NAME),
    endUs: startUs + durationUs,
    durationUs,
    failed: row.status === 2 || attributes[ATTRIBUTES.success] === "false",
    quality: qualityOf(row),
    rounds: Math.max(0, Math.trunc(numbers[ATTRIBUTES.conflictRounds] ?? 0)),
    inputTokens: 0,
    outputTokens: 0,
    costUsd: 0,
    priced: false,
  };
}

/** The nearest span above of an agent, if that is the same agent at work on the same: a run within a run is one run. */
function isWithinOwnRun(
  { span }: AnalysedSpan,
  agent: string,
  spans: ReadonlyMap<string, AnalysedSpan>,
): boolean {
  let above = spans.get(span.parentSpanId);
  for (let steps = 0; above !== undefined && steps < MAX_ANCESTORS; steps++) {
    const { operation, agent: other } = above.facets;
    if (other !== "" && other !== agent) return false;
    if (operation === "invoke_agent" && other === agent) return true;
    above = spans.get(above.span.parentSpanId);
  }
  return false;
}

function resolvedKind(
  one: AnalysedSpan,
  agent: string,
  isPayable: boolean,
  spans: ReadonlyMap<string, AnalysedSpan>,
): ActivityKind {
  const { operation, tool, inputTokens, outputTokens } = one.facets;
  if (operation === "invoke_agent") return isWithinOwnRun(one, agent, spans) ? "step" : "run";
  // A call that two instrumentations saw is told twice, and one of them counts.
  if (MODEL_OPERATIONS.has(operation) && inputTokens + outputTokens > 0)
    return isPayable ? "model" : "step";
  const kind = KINDS[operation] ?? "step";
  return kind === "tool" && isRepeatedCall(tool, one.span.parentSpanId, spans) ? "step" : kind;
}

function usageOf(one: AnalysedSpan): typeof NOTHING {
  if (!hasUsage(one)) return NOTHING;
  const { inputTokens, outputTokens, costUsd } = one.facets;
  return { inputTokens, outputTokens, costUsd: costUsd ?? 0, priced: costUsd !== undefined };
}

/**
 * Fills in what the whole trace tells of an activity.
 * @param one the span that it is
 * @returns whether it is another one than before
 */
export function resolve(
  activity: Activity,
  one: AnalysedSpan,
  analysis: TraceAnalysis,
  spans: ReadonlyMap<string, AnalysedSpan>,
): boolean {
  const { spanId } = activity;
  const { facets } = one;
  const isPayable = analysis.payable.has(spanId);
  const agent = facets.agent || (analysis.agentOf.get(spanId) ?? "");
  const { inputTokens, outputTokens, costUsd, priced } = isPayable ? usageOf(one) : NOTHING;
  const kind = resolvedKind(one, agent, isPayable, spans);
  const workflow = facets.workflow || analysis.workflow;
  const conversation = facets.conversation || analysis.conversation;
  const isSame =
    activity.kind === kind &&
    activity.agent === agent &&
    activity.workflow === workflow &&
    activity.conversation === conversation;
  const isSameUsage =
    activity.inputTokens === inputTokens &&
    activity.outputTokens === outputTokens &&
    activity.costUsd === costUsd &&
    activity.priced === priced;
  if (!isSame) Object.assign(activity, { kind, agent, workflow, conversation });
  if (!isSameUsage) Object.assign(activity, { inputTokens, outputTokens, costUsd, priced });
  return !isSame || !isSameUsage;
}
