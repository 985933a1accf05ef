import {
  COORDINATION_KINDS,
  LOOKAHEAD_MS,
  MAX_KEYS,
  WORK_KINDS,
  type Activity,
  type Figures,
  type FiguresQuery,
} from "./types.ts";
import { inTurns } from "./turns.ts";

/** Answers that are finished in one turn of the event loop: each sorts its durations. */
const DRAFTS_PER_TURN = 20;

const WORK: ReadonlySet<string> = new Set(WORK_KINDS);
const COORDINATION: ReadonlySet<string> = new Set(COORDINATION_KINDS);

/** An interval of one agent, Unix microseconds. */
interface Interval {
  startUs: number;
  endUs: number;
  isWork: boolean;
}

/** Sums while they grow. */
interface Draft extends Figures {
  durations: number[];
  resolutions: number[];
  waitTimes: number[];
  intervals: Map<string, Interval[]>;
  present: Set<string>;
}

/** Of somebody who did nothing. */
export const NO_FIGURES: Omit<Figures, "key"> = {
  hasTasks: false,
  started: 0,
  ended: 0,
  failed: 0,
  qualitySum: 0,
  qualityCount: 0,
  durationP50Us: undefined,
  durationP95Us: undefined,
  durationSumUs: 0,
  busyUs: 0,
  coordinationUs: 0,
  engagedUs: 0,
  agents: 0,
  conflicts: 0,
  resolved: 0,
  resolutionSumUs: 0,
  resolutionP95Us: undefined,
  roundsSum: 0,
  waits: 0,
  waitSumUs: 0,
  waitP95Us: undefined,
  messages: 0,
  modelCalls: 0,
  toolCalls: 0,
  toolErrors: 0,
  workflows: 0,
  workflowsFailed: 0,
  errors: 0,
  inputTokens: 0,
  outputTokens: 0,
  costUsd: 0,
  priced: 0,
  lastUs: 0,
  workflowType: "",
};

const draftOf = (key: string): Draft => ({
  key,
  ...NO_FIGURES,
  durations: [],
  resolutions: [],
  waitTimes: [],
  intervals: new Map(),
  present: new Set(),
});

/** The agents that an activity is of. */
export const participantsOf = ({ agent, agents }: Activity): readonly string[] =>
  agents.length > 0 ? agents : agent === "" ? [] : [agent];

/** Between the two nearest values, in whole microseconds; otherwise as ClickHouse's `quantileExactInclusive`. */
function quantile(sorted: Float64Array, share: number): number | undefined {
  if (sorted.length === 0) return undefined;
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] as number;
  const above = sorted[Math.ceil(place)] as number;
  return Math.round(below + (above - below) * (place - Math.floor(place)));
}

/** Numbers in a typed array are sorted without a call per comparison, ten times faster. */
const sortedUp = (values: readonly number[]): Float64Array => Float64Array.from(values).sort();

/** Length of all intervals together, what overlaps counted once. */
function union(intervals: readonly Interval[]): number {
  const starts = sortedUp(intervals.map(({ startUs }) => startUs));
  const ends = sortedUp(intervals.map(({ endUs }) => endUs));
  let total = 0;
  let began = 0;
  let begun = 0;
  for (const [ended, endUs] of ends.entries()) {
    // Those that begin when another ends go on from it.
    while (begun < starts.length && (starts[begun] as number) <= endUs) {
      if (begun === ended) began = starts[begun] as number;
      begun++;
    }
    if (begun === ended + 1) total += endUs - began;
  }
  return total;
}

/** Counts activities into drafts; the order of calls is that of the statements of `SqlActivities`. */
class Count {
  readonly drafts = new Map<string, Draft>();
  private readonly query: FiguresQuery;
  private readonly startUs: number;
  private readonly endUs: number;
  private readonly withTasks: ReadonlySet<string>;

  constructor(query: FiguresQuery, withTasks: ReadonlySet<string>) {
    this.query = query;
    this.startUs = query.startMs * 1000;
    this.endUs = query.endMs * 1000;
    this.withTasks = withTasks;
  }

  isIn(activity: Activity): boolean {
    return activity.endUs >= this.startUs && activity.endUs < this.endUs;
  }

  add(activity: Activity): void {
    const { by, agent } = this.query;
    const participants = participantsOf(activity).filter(
      (name) => agent === undefined || name === agent,
    );
    if (agent !== undefined && participants.length === 0) return;
    const keys = by === "agent" ? participants : by === "all" ? [""] : [activity.workflow];
    for (const key of keys) {
      if (by !== "all" && key === "") continue;
      const draft = this.draft(key);
      this.addWork(draft, activity);
      if (this.isIn(activity)) this.addEnded(draft, activity);
      for (const name of by === "agent" ? [key] : participants)
        this.addTime(draft, name, activity, activity.endUs - activity.durationUs);
    }
  }

  /** Work that goes on counts up to the end of the range. */
  addOpen(): void {
    const { by, agent, workflow, open = [] } = this.query;
    for (const one of open) {
      if (agent !== undefined && one.agent !== agent) continue;
      if (workflow !== undefined && one.workflow !== workflow) continue;
      const key = by === "agent" ? one.agent : by === "all" ? "" : one.workflow;
      if (one.agent === "" || (by !== "all" && key === "")) continue;
      const activity = { kind: "task", endUs: this.endUs } as const;
      this.addTime(this.draft(key), one.agent, activity, one.startUs);
    }
  }

  private draft(key: string): Draft {
    let draft = this.drafts.get(key);
    if (draft === undefined) {
      draft = draftOf(key);
      this.drafts.set(key, draft);
    }
    return draft;
  }

  private addWork(draft: Draft, activity: Activity): void {
    const { kind, agent, endUs, durationUs, quality } = activity;
    const hasTasks = this.withTasks.has(agent);
    if (kind !== (hasTasks ? "task" : "run")) return;
    const startUs = endUs - durationUs;
    if (startUs >= this.startUs && startUs < this.endUs) draft.started++;
    if (!this.isIn(activity)) return;
    draft.hasTasks ||= hasTasks;
    draft.ended++;
    draft.failed += Number(activity.failed);
    draft.durationSumUs += durationUs;
    draft.durations.push(durationUs);
    if (quality < 0) return;
    draft.qualitySum += quality;
    draft.qualityCount++;
  }

  private addEnded(draft: Draft, activity: Activity): void {
    const { kind, failed, durationUs } = activity;
    draft.lastUs = Math.max(draft.lastUs, activity.endUs);
    draft.errors += Number(failed);
    draft.inputTokens += activity.inputTokens;
    draft.outputTokens += activity.outputTokens;
    draft.costUsd += activity.costUsd;
    draft.priced += Number(activity.priced);
    if (kind === "model") draft.modelCalls++;
    else if (kind === "message") draft.messages++;
    else if (kind === "tool") {
      draft.toolCalls++;
      draft.toolErrors += Number(failed);
    } else if (kind === "workflow") {
      draft.workflows++;
      draft.workflowsFailed += Number(failed);
      if (activity.type > draft.workflowType) draft.workflowType = activity.type;
    } else if (kind === "wait") {
      draft.waits++;
      draft.waitSumUs += durationUs;
      draft.waitTimes.push(durationUs);
    } else if (kind === "conflict") {
      draft.conflicts++;
      draft.roundsSum += activity.rounds;
      if (failed) return;
      draft.resolved++;
      draft.resolutionSumUs += durationUs;
      draft.resolutions.push(durationUs);
    }
  }

  private addTime(
    draft: Draft,
    agent: string,
    { kind, endUs }: Pick<Activity, "kind" | "endUs">,
    beganUs: number,
  ): void {
    const isWork = WORK.has(kind);
    if (!isWork && !COORDINATION.has(kind)) return;
    const interval = {
      startUs: Math.max(beganUs, this.startUs),
      endUs: Math.min(endUs, this.endUs),
      isWork,
    };
    if (interval.endUs < interval.startUs) return;
    draft.present.add(agent);
    const intervals = draft.intervals.get(agent);
    if (intervals === undefined) draft.intervals.set(agent, [interval]);
    else intervals.push(interval);
  }
}

function finish(draft: Draft): Figures {
  const { durations, resolutions, waitTimes, intervals, present, ...figures } = draft;
  const sorted = sortedUp(durations);
  for (const one of intervals.values()) {
    figures.busyUs += union(one.filter(({ isWork }) => isWork));
    figures.coordinationUs += union(one.filter(({ isWork }) => !isWork));
    figures.engagedUs += union(one);
  }
  return {
    ...figures,
    agents: present.size,
    durationP50Us: quantile(sorted, 0.5),
    durationP95Us: quantile(sorted, 0.95),
    resolutionP95Us: quantile(sortedUp(resolutions), 0.95),
    waitP95Us: quantile(sortedUp(waitTimes), 0.95),
  };
}

/** Whether it counts in the range, or may have been work within it. */
const isNear = ({ endUs, workflow }: Activity, query: FiguresQuery): boolean =>
  endUs >= query.startMs * 1000 &&
  endUs < (query.endMs + LOOKAHEAD_MS) * 1000 &&
  (query.workflow === undefined || workflow === query.workflow);

/**
 * What `SqlActivities.figures` answers, of activities in memory, each span once. Pauses for other work, so the activities
 * must be a list that nobody changes.
 */
export async function figuresOf(
  activities: readonly Activity[],
  query: FiguresQuery,
): Promise<Figures[]> {
  const matching: Activity[] = [];
  const withTasks = new Set<string>();
  await inTurns(activities, (activity) => {
    if (!isNear(activity, query)) return;
    matching.push(activity);
    if (activity.kind === "task" && activity.endUs < query.endMs * 1000)
      withTasks.add(activity.agent);
  });
  const count = new Count(query, withTasks);
  await inTurns(matching, (activity) => count.add(activity));
  count.addOpen();
  const found: Figures[] = [];
  const visit = (draft: Draft) => {
    // What only began before the range and ends after it may be no answer of its own.
    if (draft.lastUs > 0 || draft.present.size > 0 || draft.started > 0) found.push(finish(draft));
  };
  await inTurns([...count.drafts.values()], visit, DRAFTS_PER_TURN);
  return found.toSorted(byLast).slice(0, MAX_KEYS);
}

export const byLast = (a: Figures, b: Figures): number =>
  b.lastUs - a.lastUs || (a.key < b.key ? -1 : 1);
