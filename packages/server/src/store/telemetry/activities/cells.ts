import {
  durationClass,
  MAX_CELLS,
  MAX_CONVERSATION_TRACES,
  type Activity,
  type Cell,
  type CellsQuery,
  type ConversationFigures,
  type ConversationsQuery,
  type Ended,
} from "./types.ts";
import { participantsOf } from "./figures.ts";
import { inTurns } from "./turns.ts";

const isWithin = ({ endUs }: Activity, { startMs, endMs }: { startMs: number; endMs: number }) =>
  endUs >= startMs * 1000 && endUs < endMs * 1000;

/** What `SqlActivities.cells` answers, of activities in memory, each span once. */
export async function cellsOf(activities: readonly Activity[], query: CellsQuery): Promise<Cell[]> {
  const { agent, workflow, stepMs } = query;
  const cells = new Map<string, Cell>();
  await inTurns(activities, (activity) => {
    if (!isWithin(activity, query)) return;
    if (agent !== undefined && !participantsOf(activity).includes(agent)) return;
    if (workflow !== undefined && activity.workflow !== workflow) return;
    const { kind, type, failed, durationUs } = activity;
    const timeMs = Math.floor(activity.endUs / 1000 / stepMs) * stepMs;
    const index = durationClass(durationUs);
    const key = JSON.stringify([timeMs, kind, type, index]);
    let cell = cells.get(key);
    if (cell === undefined) {
      cell = {
        timeMs,
        kind,
        type,
        durationClass: index,
        count: 0,
        failed: 0,
        durationSumUs: 0,
        inputTokens: 0,
        outputTokens: 0,
        costUsd: 0,
        priced: 0,
      };
      cells.set(key, cell);
    }
    cell.count++;
    cell.failed += Number(failed);
    cell.durationSumUs += durationUs;
    cell.inputTokens += activity.inputTokens;
    cell.outputTokens += activity.outputTokens;
    cell.costUsd += activity.costUsd;
    cell.priced += Number(activity.priced);
  });
  return [...cells.values()].toSorted(byTime).slice(-MAX_CELLS);
}

/** What `SqlActivities.ended` answers, of activities in memory, each span once. */
export async function endedOf(
  activities: readonly Activity[],
  query: CellsQuery,
): Promise<Ended[]> {
  const { agent: wanted, workflow, stepMs } = query;
  const found = new Map<string, Ended>();
  await inTurns(activities, (activity) => {
    const { kind, agent } = activity;
    if ((kind !== "task" && kind !== "run") || agent === "" || !isWithin(activity, query)) return;
    if (wanted !== undefined && agent !== wanted) return;
    if (workflow !== undefined && activity.workflow !== workflow) return;
    const timeMs = Math.floor(activity.endUs / 1000 / stepMs) * stepMs;
    const key = JSON.stringify([agent, timeMs]);
    const ended = found.get(key) ?? { agent, timeMs, tasks: 0, runs: 0 };
    ended[kind === "task" ? "tasks" : "runs"]++;
    found.set(key, ended);
  });
  return [...found.values()];
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export const byTime = (a: Cell, b: Cell): number =>
  a.timeMs - b.timeMs ||
  byText(a.kind, b.kind) ||
  byText(a.type, b.type) ||
  a.durationClass - b.durationClass;

interface Draft {
  figures: ConversationFigures;
  /** When each trace was last heard of. */
  traces: Map<string, number>;
  agents: Set<string>;
  isWanted: boolean;
}

/** What `SqlActivities.conversations` answers, of activities in memory, each span once. */
export async function conversationsOf(
  activities: readonly Activity[],
  query: ConversationsQuery,
): Promise<ConversationFigures[]> {
  const text = query.text?.toLowerCase() ?? "";
  const drafts = new Map<string, Draft>();
  await inTurns(activities, (activity) => {
    const { conversation, agent, workflow, endUs, durationUs, kind, traceId } = activity;
    if (conversation === "" || !isWithin(activity, query)) return;
    let draft = drafts.get(conversation);
    if (draft === undefined) {
      draft = {
        figures: {
          conversation,
          firstUs: Infinity,
          lastUs: 0,
          traceIds: [],
          traces: 0,
          agents: [],
          modelCalls: 0,
          toolCalls: 0,
          errors: 0,
          inputTokens: 0,
          outputTokens: 0,
          costUsd: 0,
          priced: 0,
        },
        traces: new Map(),
        agents: new Set(),
        isWanted: conversation.toLowerCase().includes(text),
      };
      drafts.set(conversation, draft);
    }
    const { figures } = draft;
    figures.firstUs = Math.min(figures.firstUs, endUs - durationUs);
    figures.lastUs = Math.max(figures.lastUs, endUs);
    draft.traces.set(traceId, Math.max(draft.traces.get(traceId) ?? 0, endUs));
    if (agent !== "") draft.agents.add(agent);
    draft.isWanted ||= [agent, workflow].some((one) => one.toLowerCase().includes(text));
    figures.modelCalls += Number(kind === "model");
    figures.toolCalls += Number(kind === "tool");
    figures.errors += Number(activity.failed);
    figures.inputTokens += activity.inputTokens;
    figures.outputTokens += activity.outputTokens;
    figures.costUsd += activity.costUsd;
    figures.priced += Number(activity.priced);
  });
  return [...drafts.values()]
    .filter(
      ({ isWanted, agents }) => isWanted && (query.agent === undefined || agents.has(query.agent)),
    )
    .toSorted((a, b) => b.figures.lastUs - a.figures.lastUs)
    .slice(0, query.limit)
    .map(({ figures, traces, agents }) => ({
      ...figures,
      agents: [...agents].toSorted(byText),
      traces: traces.size,
      traceIds: [...traces]
        .toSorted(([, a], [, b]) => b - a)
        .slice(0, MAX_CONVERSATION_TRACES)
        .map(([traceId]) => traceId),
    }));
}
