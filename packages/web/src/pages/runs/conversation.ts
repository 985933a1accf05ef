import type { TraceSpan } from "@fleetlight/contract";

import { messagesOf, type Role } from "./messages.ts";
import { readable } from "./texts.ts";

interface Moment {
  span: TraceSpan;
  /** Unix nanoseconds. */
  atNs: bigint;
}

/** Somebody says something to somebody. */
export interface Said extends Moment {
  kind: "said";
  role: Role;
  who: string;
  to: string;
  text: string;
  truncated: boolean;
}

/** An agent uses a tool. */
export interface Used extends Moment {
  kind: "tool";
  who: string;
  tool: string;
  given: string;
  answer: string;
  truncated: boolean;
}

/** An agent sets another to work. */
export interface Asked extends Moment {
  kind: "handoff";
  who: string;
  to: string;
}

export type Turn = Said | Used | Asked;

/** Who begins a run, when no agent does. */
export const PERSON = "User";

/** Definitions of tools are the same on every call, and nobody says them. */
const SILENT = /tool\.definitions|embedding/;
const ANSWER = /output|completion|response|result|^gen_ai\.choice$/;
const INSTRUCTIONS = /system_instructions|instructions$/;
/** Events that tell one message of a history, by their names. */
const TOLD_BY = /^gen_ai\.(user|assistant|system|tool)\.message$/;

function usualRole(name: string): Role {
  const teller = TOLD_BY.exec(name)?.[1];
  if (teller !== undefined) return teller as Role;
  return INSTRUCTIONS.test(name) ? "system" : ANSWER.test(name) ? "assistant" : "user";
}

const startNs = (span: TraceSpan): bigint => BigInt(span.start_ns);
const endNs = (span: TraceSpan): bigint =>
  startNs(span) + BigInt(Math.round(span.duration_seconds * 1e9));

const isTool = ({ operation, tool }: TraceSpan): boolean =>
  operation === "execute_tool" || (tool !== "" && operation === "");

function toolTurn(span: TraceSpan): Used {
  const of = (isAnswer: boolean) =>
    span.content.filter(({ name }) => ANSWER.test(name) === isAnswer).map(({ text }) => text);
  return {
    kind: "tool",
    span,
    atNs: startNs(span),
    who: span.agent || span.service,
    tool: span.tool || span.name,
    given: of(false).map(readable).join("\n"),
    answer: of(true).map(readable).join("\n"),
    truncated: span.content.some(({ truncated }) => truncated),
  };
}

/** Parents of parents that are looked at; some run in circles. */
const MAX_ABOVE = 1000;

/** The nearest agent above a span that is another one; empty when there is none. */
function agentAbove(span: TraceSpan, byId: ReadonlyMap<string, TraceSpan>): string {
  let at = byId.get(span.parent_span_id);
  for (let steps = 0; at !== undefined && steps < MAX_ABOVE; steps++) {
    if (at.agent !== "" && at.agent !== span.agent) return at.agent;
    at = byId.get(at.parent_span_id);
  }
  return "";
}

function saidTurns(span: TraceSpan, above: string): Said[] {
  const agent = span.agent || span.service;
  const asker = above === "" ? PERSON : above;
  return span.content
    .filter(({ name }) => !SILENT.test(name))
    .flatMap(({ name, text, truncated }) => {
      const isAnswer = ANSWER.test(name);
      return messagesOf(text, usualRole(name)).map(({ role, text: words }): Said => {
        const isOwn = role === "assistant";
        return {
          kind: "said",
          span,
          atNs: isAnswer ? endNs(span) : startNs(span),
          role,
          who: isOwn
            ? agent
            : role === "tool"
              ? "Tool"
              : role === "system"
                ? "Instructions"
                : asker,
          to: isOwn ? asker : agent,
          text: words,
          truncated,
        };
      });
    });
}

/** In one instant: first who is asked, then what he is told, and what was answered last. */
const rankOf = (turn: Turn): number =>
  turn.kind === "handoff" ? 0 : turn.kind === "tool" ? 2 : turn.role === "assistant" ? 3 : 1;

const order = (a: Turn, b: Turn): number =>
  a.atNs < b.atNs ? -1 : a.atNs > b.atNs ? 1 : rankOf(a) - rankOf(b);

/**
 * What was said and done in a run, in the order of time. Each text stands there once: models are told again with every
 * call what was said before, and the spans of agents repeat what those of their models have.
 */
export function conversationOf(spans: readonly TraceSpan[]): Turn[] {
  const byId = new Map(spans.map((span) => [span.span_id, span]));
  const turns: Turn[] = [];
  for (const span of spans) {
    const above = byId.get(span.parent_span_id)?.agent ?? "";
    if (above !== "" && span.agent !== "" && above !== span.agent)
      turns.push({ kind: "handoff", span, atNs: startNs(span), who: above, to: span.agent });
    if (isTool(span)) turns.push(toolTurn(span));
    else turns.push(...saidTurns(span, agentAbove(span, byId)));
  }
  const told = new Set<string>();
  return turns.sort(order).filter((turn) => {
    if (turn.kind === "tool") {
      told.add(turn.answer.trim());
      for (const { text } of turn.span.content.flatMap(({ text: all }) => messagesOf(all, "tool")))
        told.add(text);
      return true;
    }
    if (turn.kind === "handoff") return true;
    if (told.has(turn.text)) return false;
    told.add(turn.text);
    return true;
  });
}
