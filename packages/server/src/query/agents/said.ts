import type { ConversationTurn } from "@fleetlight/contract";

import type { TraceAnalysis } from "#collect";
import { isoTime } from "#lib";
import { costOf, type SpanContent, type SpanRow } from "#store";

import { messagesIn, type Role } from "./messages.ts";

/** Longest text of one turn; the rest is in its span. */
const MAX_CHARACTERS = 8000;

const SILENT = /tool\.definitions|embedding|system_instructions|instructions$/;
const ANSWER = /output|completion|response|result|^gen_ai\.choice$/;
/** Events that tell one message of a history, by their names. */
const TOLD_BY = /^gen_ai\.(user|assistant|system|tool)\.message$/;

/** A turn with the exact time by which it is put in order. */
export interface TimedTurn {
  turn: ConversationTurn;
  timeNs: bigint;
}

/** One trace of a conversation. */
export interface Run {
  rows: readonly SpanRow[];
  contents: ReadonlyMap<string, readonly SpanContent[]>;
  analysis: TraceAnalysis;
}

const endOf = (row: SpanRow): bigint => BigInt(row.startNs) + BigInt(Math.round(row.durationNs));

function turnOf(
  row: SpanRow,
  timeNs: bigint,
  said: Pick<ConversationTurn, "kind" | "from" | "to" | "text"> & { truncated?: boolean },
): TimedTurn {
  const { text, truncated = false, ...rest } = said;
  return {
    timeNs,
    turn: {
      ...rest,
      time: isoTime(Number(timeNs / 1_000_000n)),
      trace_id: row.traceId,
      span_id: row.spanId,
      text: text.slice(0, MAX_CHARACTERS),
      truncated: truncated || text.length > MAX_CHARACTERS,
      duration_seconds: row.durationNs / 1e9,
      failed: row.status === 2,
      input_tokens: 0,
      output_tokens: 0,
      cost_usd: null,
    },
  };
}

/** What was said in one span: prompts by whoever asked, answers by the agent. */
function spoken(row: SpanRow, content: readonly SpanContent[], agent: string): TimedTurn[] {
  const turns: TimedTurn[] = [];
  for (const { name, text, truncated } of content) {
    if (SILENT.test(name)) continue;
    const isAnswer = ANSWER.test(name);
    const teller = TOLD_BY.exec(name)?.[1] as Role | undefined;
    const usual: Role = teller ?? (isAnswer ? "assistant" : "user");
    for (const message of messagesIn(text, usual)) {
      // Instructions are nobody's words, and what tools gave back stands with the tools.
      if (message.role === "system" || message.role === "tool") continue;
      const isOwn = message.role === "assistant";
      turns.push(
        turnOf(row, isAnswer ? endOf(row) : BigInt(row.startNs), {
          kind: isOwn ? "agent" : "user",
          from: isOwn ? agent : "",
          to: isOwn ? "" : agent,
          text: message.text,
          truncated,
        }),
      );
    }
  }
  return turns;
}

function toolTurn(row: SpanRow, content: readonly SpanContent[], agent: string): TimedTurn {
  const given = content.filter(({ name }) => !ANSWER.test(name));
  const answer = content.filter(({ name }) => ANSWER.test(name));
  const texts = [...given, ...answer].map(({ text }) => text.trim()).filter((text) => text !== "");
  return turnOf(row, BigInt(row.startNs), {
    kind: "tool",
    from: agent,
    to: row.tool || row.name,
    text: texts.join("\n→ "),
    truncated: [...given, ...answer].some(({ truncated }) => truncated),
  });
}

const COMMUNICATION = new Set(["message", "handoff"]);

/** What was said and done in one run, in no order; what an agent's span repeats of its models' is still there. */
export function turnsOf({ rows, contents, analysis }: Run): TimedTurn[] {
  const byId = new Map(rows.map((row) => [row.spanId, row]));
  const agentOf = (spanId: string) => analysis.agentOf.get(spanId) ?? "";
  const turns: TimedTurn[] = [];
  for (const row of rows) {
    const agent = agentOf(row.spanId);
    const content = contents.get(row.spanId) ?? [];
    const above = byId.has(row.parentSpanId) ? agentOf(row.parentSpanId) : "";
    const startNs = BigInt(row.startNs);
    if (COMMUNICATION.has(row.operation) && row.peer !== "")
      turns.push(
        turnOf(row, startNs, {
          kind: row.operation === "message" ? "message" : "handoff",
          from: agent,
          to: row.peer,
          text: row.attributes["fleetlight.message.type"] ?? "",
        }),
      );
    else if (above !== "" && agent !== "" && above !== agent)
      turns.push(turnOf(row, startNs, { kind: "handoff", from: above, to: agent, text: "" }));
    const own =
      row.operation === "execute_tool"
        ? [toolTurn(row, content, agent)]
        : spoken(row, content, agent);
    pay(own, row, analysis);
    turns.push(...own);
    if (row.status === 2 && row.operation !== "execute_tool" && row.statusMessage !== "")
      turns.push(
        turnOf(row, endOf(row), { kind: "error", from: agent, to: "", text: row.statusMessage }),
      );
  }
  return turns;
}

/** What a span used stands with the last that was said in it. */
function pay(turns: readonly TimedTurn[], row: SpanRow, analysis: TraceAnalysis): void {
  const last = turns.at(-1);
  if (last === undefined || !analysis.payable.has(row.spanId)) return;
  last.turn.input_tokens = row.inputTokens;
  last.turn.output_tokens = row.outputTokens;
  last.turn.cost_usd = costOf(row) ?? null;
}

const RANKS: Record<ConversationTurn["kind"], number> = {
  handoff: 0,
  message: 0,
  user: 1,
  tool: 2,
  agent: 3,
  error: 4,
};

/**
 * In the order of time, each text once: models are told again with every call, and in every further run of a conversation,
 * what was said before.
 */
export function inOrder(turns: readonly TimedTurn[]): ConversationTurn[] {
  const ordered = turns.toSorted((a, b) =>
    a.timeNs < b.timeNs ? -1 : a.timeNs > b.timeNs ? 1 : RANKS[a.turn.kind] - RANKS[b.turn.kind],
  );
  const told = new Map<string, ConversationTurn>();
  const kept: ConversationTurn[] = [];
  for (const { turn } of ordered) {
    const repeats = turn.kind === "user" || turn.kind === "agent" || turn.kind === "error";
    const first = repeats ? told.get(turn.text) : undefined;
    if (first === undefined) {
      kept.push(turn);
      if (repeats) told.set(turn.text, turn);
      continue;
    }
    // The usage of a text that is told a second time is not lost.
    first.input_tokens += turn.input_tokens;
    first.output_tokens += turn.output_tokens;
    if (turn.cost_usd !== null) first.cost_usd = (first.cost_usd ?? 0) + turn.cost_usd;
  }
  return kept;
}
