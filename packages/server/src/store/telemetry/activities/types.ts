import type { HourFiller } from "../hours/index.ts";

/** What an agent did. A `run` is a call of an agent as a whole, a `step` anything of its own that has no name here. */
export type ActivityKind =
  | "task"
  | "run"
  | "step"
  | "model"
  | "tool"
  | "workflow"
  | "conflict"
  | "wait"
  | "message";

/** One span that has ended, as far as it says what an agent did; texts are empty and numbers 0 where it says nothing. */
export interface Activity {
  traceId: string;
  spanId: string;
  kind: ActivityKind;
  agent: string;
  /** Whom a message went to, or who was waited for. */
  peer: string;
  /** All that take part in a workflow or a conflict. */
  agents: readonly string[];
  workflow: string;
  conversation: string;
  /** Of a task, workflow or conflict its type, else the name of the tool or model. */
  type: string;
  /** Unix microseconds. */
  endUs: number;
  durationUs: number;
  /** Of a conflict: it was not resolved. */
  failed: boolean;
  /** 0 to 1; negative when nothing is said of it. */
  quality: number;
  rounds: number;
  /** Usage that counts; what was counted elsewhere in the trace is 0 here. */
  inputTokens: number;
  outputTokens: number;
  /** 0 when nobody knows. */
  costUsd: number;
  /** Whether the cost is known. */
  priced: boolean;
}

/** Work that has begun and not ended. */
export interface OpenWork {
  agent: string;
  workflow: string;
  startUs: number;
}

export interface FiguresQuery {
  /** What ended from then on and before that counts, Unix milliseconds. */
  startMs: number;
  endMs: number;
  /** One answer per agent, per workflow, or one of all. */
  by: "agent" | "workflow" | "all";
  /** Only these. */
  agent?: string | undefined;
  workflow?: string | undefined;
  /** Counts as time at work up to the end of the range. */
  open?: readonly OpenWork[] | undefined;
}

/** Sums of one agent or workflow over a range. Durations are in microseconds, undefined where there is nothing to measure. */
export interface Figures {
  /** The agent or workflow; empty for all. */
  key: string;
  /** Whether tasks were counted, or runs for want of them. For several agents: whether any of them had tasks. */
  hasTasks: boolean;
  started: number;
  ended: number;
  failed: number;
  qualitySum: number;
  qualityCount: number;
  durationP50Us: number | undefined;
  durationP95Us: number | undefined;
  durationSumUs: number;
  /** Time at work; what overlaps counts once per agent. */
  busyUs: number;
  /** Time of waits, messages and conflicts, and of all of that and work together, in the same way. */
  coordinationUs: number;
  engagedUs: number;
  /** Agents that did anything. */
  agents: number;
  conflicts: number;
  resolved: number;
  /** Of those resolved. */
  resolutionSumUs: number;
  resolutionP95Us: number | undefined;
  roundsSum: number;
  waits: number;
  waitSumUs: number;
  waitP95Us: number | undefined;
  messages: number;
  modelCalls: number;
  toolCalls: number;
  toolErrors: number;
  workflows: number;
  workflowsFailed: number;
  /** Of any kind. */
  errors: number;
  inputTokens: number;
  outputTokens: number;
  costUsd: number;
  /** Activities whose cost is known. */
  priced: number;
  /** Unix microseconds of the latest end. */
  lastUs: number;
  /** What the workflows are; of different ones the last by name. */
  workflowType: string;
}

export interface CellsQuery {
  startMs: number;
  endMs: number;
  stepMs: number;
  agent?: string | undefined;
  workflow?: string | undefined;
}

/** Activities of one kind, type and class of duration that ended in one step. */
export interface Cell {
  /** Begin of the step: multiples of the step since 1970. */
  timeMs: number;
  kind: ActivityKind;
  type: string;
  /** See `durationClass`. */
  durationClass: number;
  count: number;
  failed: number;
  durationSumUs: number;
  inputTokens: number;
  outputTokens: number;
  costUsd: number;
  priced: number;
}

export interface ConversationsQuery {
  startMs: number;
  endMs: number;
  agent?: string | undefined;
  /** Part of the id, of a workflow, or of an agent's name; case does not matter. */
  text?: string | undefined;
  limit: number;
}

export interface ConversationFigures {
  conversation: string;
  firstUs: number;
  lastUs: number;
  /** Newest first; at most `MAX_CONVERSATION_TRACES`. */
  traceIds: string[];
  traces: number;
  agents: string[];
  modelCalls: number;
  toolCalls: number;
  errors: number;
  inputTokens: number;
  outputTokens: number;
  costUsd: number;
  priced: number;
}

/** Tasks and runs of one agent that ended in one step. */
export interface Ended {
  agent: string;
  timeMs: number;
  tasks: number;
  runs: number;
}

/** An agent and when it was first and last heard of, Unix milliseconds. */
export interface KnownAgent {
  agent: string;
  firstMs: number;
  lastMs: number;
}

/**
 * Activities of all tenants. What is appended may be appended again with other contents: by span, the later one counts.
 * They can be made from the spans at any time, so an append is not in the write-ahead log and may be lost by a crash.
 */
export interface ActivityStore {
  append(tenant: string, activities: readonly Activity[]): Promise<void>;
  figures(tenant: string, query: FiguresQuery): Promise<Figures[]>;
  cells(tenant: string, query: CellsQuery): Promise<Cell[]>;
  conversations(tenant: string, query: ConversationsQuery): Promise<ConversationFigures[]>;
  /** By agent and step, in no order. */
  ended(tenant: string, query: CellsQuery): Promise<Ended[]>;
  /** Agents of everything that is kept, those heard of last first. */
  known(tenant: string, limit: number): Promise<KnownAgent[]>;
}

/** What the store needs of an adapter: the same, without limits of age. */
export type ActivityTables = ActivityStore & HourFiller;

/** Answers that a question of cells may have; what is beyond is left out, the oldest first. */
export const MAX_CELLS = 200_000;
/** Agents or workflows of one answer; those heard of last come first. */
export const MAX_KEYS = 10_000;
export const MAX_CONVERSATION_TRACES = 100;
/** Work that ended so long after a range is still seen as work within it. */
export const LOOKAHEAD_MS = 3_600_000;

/** Kinds that are an agent at work, and those that are agents dealing with one another. */
export const WORK_KINDS: readonly ActivityKind[] = ["task", "run", "step", "model", "tool"];
export const COORDINATION_KINDS: readonly ActivityKind[] = ["wait", "message", "conflict"];

/** Eight classes per doubling: the middle of a class is within 4.5 % of what is in it. */
export const durationClass = (durationUs: number): number =>
  Math.floor(8 * Math.log2(Math.max(1, durationUs)));

/** The middle of a class, in microseconds. */
export const durationOfClass = (index: number): number => 2 ** ((index + 0.5) / 8);
