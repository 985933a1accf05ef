import { setImmediate as nextTurn } from "node:timers/promises";

import type { ConversationDetail, ConversationList, ConversationTurn } from "@fleetlight/contract";

import { analyseTrace } from "#collect";
import { isoTime, type Now } from "#lib";
import {
  MAX_CONVERSATION_TRACES,
  type ActivityStore,
  type ConversationFigures,
  type ConversationsQuery,
  type SpanRow,
  type SpanStore,
} from "#store";

import { analysedOf } from "../traces/index.ts";
import { conversationView } from "./conversation-view.ts";
import type { RecentActivities } from "./recent.ts";
import { inOrder, turnsOf, type TimedTurn } from "./said.ts";
import { sourceFor } from "./source.ts";

/** Turns that are shown, and spans that are read for them. */
const MAX_TURNS = 2000;
const MAX_SPANS = 50_000;
/** Conversations of a list that are looked into for their titles, and the spans of each. */
const MAX_TITLES = 50;
const TITLE_SPANS = 500;
const TITLE_CHARACTERS = 160;

interface Options {
  store: ActivityStore;
  recent: RecentActivities;
  spans: SpanStore;
  now: Now;
}

/** What people and agents said to one another, over several runs. */
export interface Conversations {
  list(tenant: string, query: ConversationsQuery): Promise<ConversationList>;
  /** Undefined when no span names it. */
  get(tenant: string, id: string): Promise<ConversationDetail | undefined>;
}

const byTrace = (rows: readonly SpanRow[]): Map<string, SpanRow[]> => {
  const traces = new Map<string, SpanRow[]>();
  for (const row of rows) {
    const trace = traces.get(row.traceId);
    if (trace === undefined) traces.set(row.traceId, [row]);
    else trace.push(row);
  }
  return traces;
};

export function createConversations(options: Options): Conversations {
  const { spans, now } = options;

  const turnsOfTraces = async (tenant: string, found: readonly SpanRow[]): Promise<TimedTurn[]> => {
    const turns: TimedTurn[] = [];
    for (const rows of byTrace(found).values()) {
      const traceId = rows[0]?.traceId ?? "";
      const contents = await spans.content(tenant, traceId);
      turns.push(...turnsOf({ rows, contents, analysis: analyseTrace(rows.map(analysedOf)) }));
      await nextTurn();
    }
    return turns;
  };

  /** What was asked first; the oldest run that is known of it is looked into. */
  const titleOf = async (tenant: string, { traceIds }: ConversationFigures): Promise<string> => {
    const oldest = traceIds.at(-1);
    if (oldest === undefined) return "";
    const said = inOrder(
      await turnsOfTraces(tenant, await spans.trace(tenant, oldest, TITLE_SPANS)),
    );
    const first = said.find(({ kind, text }) => kind === "user" && text !== "");
    return (first?.text ?? "").replace(/\s+/g, " ").slice(0, TITLE_CHARACTERS);
  };

  return {
    list: async (tenant, query) => {
      const source = await sourceFor(options, tenant, query.startMs);
      const found = await source.conversations(query);
      const titles = await Promise.all(
        found.slice(0, MAX_TITLES).map((one) => titleOf(tenant, one)),
      );
      return {
        start: isoTime(query.startMs),
        end: isoTime(query.endMs),
        conversations: found.map((one, i) => conversationView(one, titles[i])),
        count: found.length,
      };
    },
    get: async (tenant, id) => {
      const hits = await spans.find(tenant, {
        startMs: 0,
        endMs: now() + 3_600_000,
        conversation: id,
        limit: MAX_CONVERSATION_TRACES,
      });
      if (hits.length === 0) return undefined;
      const traceIds = hits.map(({ traceId }) => traceId);
      const rows = await spans.traces(tenant, traceIds, MAX_SPANS);
      const turns = await turnsOfTraces(tenant, rows);
      const said: ConversationTurn[] = inOrder(turns);
      return {
        ...conversationView(sumOf(id, traceIds, rows), titleIn(said)),
        said: said.slice(0, MAX_TURNS),
        truncated:
          said.length > MAX_TURNS ||
          rows.length >= MAX_SPANS ||
          hits.length >= MAX_CONVERSATION_TRACES,
      };
    },
  };
}

const titleIn = (said: readonly ConversationTurn[]): string =>
  (said.find(({ kind }) => kind === "user")?.text ?? "")
    .replace(/\s+/g, " ")
    .slice(0, TITLE_CHARACTERS);

function sumOf(
  conversation: string,
  traceIds: string[],
  rows: readonly SpanRow[],
): ConversationFigures {
  const sum: ConversationFigures = {
    conversation,
    firstUs: Infinity,
    lastUs: 0,
    traceIds,
    traces: traceIds.length,
    agents: [],
    modelCalls: 0,
    toolCalls: 0,
    errors: 0,
    inputTokens: 0,
    outputTokens: 0,
    costUsd: 0,
    priced: 0,
  };
  const agents = new Set<string>();
  for (const row of rows) {
    const startUs = Number(row.startNs) / 1000;
    sum.firstUs = Math.min(sum.firstUs, startUs);
    sum.lastUs = Math.max(sum.lastUs, startUs + row.durationNs / 1000);
    sum.toolCalls += Number(row.operation === "execute_tool");
    sum.errors += Number(row.status === 2);
  }
  for (const trace of byTrace(rows).values()) {
    const analysis = analyseTrace(trace.map(analysedOf));
    for (const agent of analysis.agents) agents.add(agent);
    for (const usage of analysis.usage) {
      sum.modelCalls += usage.calls;
      sum.inputTokens += usage.inputTokens;
      sum.outputTokens += usage.outputTokens;
      sum.costUsd += usage.costUsd ?? 0;
      sum.priced += Number(usage.costUsd !== undefined);
    }
  }
  sum.agents = [...agents].toSorted();
  return sum;
}
