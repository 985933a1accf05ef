import type {
  Agent,
  AgentDetail,
  AgentList,
  AgentPerformance,
  AgentReport,
  AgentStatus,
  AgentThresholds,
  Band,
  FleetFigures,
  Workflow,
  WorkflowDetail,
  WorkflowList,
} from "@fleetlight/contract";

import { isoTime, type Now } from "#lib";
import { NO_FIGURES, type ActivityStore, type Figures } from "#store";

import { businessFigures, observedMs } from "./business.ts";
import { conversationView } from "./conversation-view.ts";
import { heatMapOf, namedOf, responseTimesOf, seriesOf, stepsOf, tasksOf } from "./performance.ts";
import type { Known, OpenActivity, RecentActivities } from "./recent.ts";
import { findingsOf } from "./report.ts";
import { sourceFor } from "./source.ts";

/** Steps of the small chart in a list. */
const RECENT_STEPS = 24;
const MAX_WORKFLOW_MEMBERS = 200;
const LISTED_CONVERSATIONS = 20;
const HOUR_MS = 3_600_000;
/** A range that ends so shortly before now goes up to now. */
const CURRENT_MS = 10_000;

export interface Range {
  startMs: number;
  endMs: number;
}

const SORTS = {
  name: ({ id }) => id,
  status: ({ status }) => status,
  last_seen: ({ last_seen }) => last_seen,
  throughput: ({ figures }) => figures.throughput_per_hour,
  success: ({ figures }) => figures.success_rate,
  quality: ({ figures }) => figures.quality,
  utilization: ({ figures }) => figures.utilization,
  p95: ({ figures }) => figures.duration_p95_seconds,
  cost: ({ figures }) => figures.cost_usd,
  tokens: ({ figures }) => figures.input_tokens + figures.output_tokens,
  errors: ({ figures }) => figures.errors,
} as const satisfies Record<string, (agent: Agent) => string | number | null>;

export const AGENT_SORTS = Object.keys(SORTS) as (keyof typeof SORTS)[];

export interface AgentQuery extends Range {
  /** Part of the name. */
  text?: string | undefined;
  status?: AgentStatus | undefined;
  band?: Band | undefined;
  workflow?: string | undefined;
  sort: keyof typeof SORTS;
  order: "asc" | "desc";
  limit: number;
}

interface Options {
  store: ActivityStore;
  recent: RecentActivities;
  thresholds: () => AgentThresholds;
  silentAfterMs: () => number;
  now: Now;
}

/** What is told of agents and workflows. */
export interface AgentFigures {
  list(tenant: string, query: AgentQuery): Promise<AgentList>;
  /** Undefined when the agent was never heard of. */
  get(tenant: string, id: string, range: Range): Promise<AgentDetail | undefined>;
  performance(
    tenant: string,
    id: string,
    query: Range & { offsetMinutes: number },
  ): Promise<AgentPerformance | undefined>;
  workflows(
    tenant: string,
    query: Range & { text?: string | undefined; limit: number },
  ): Promise<WorkflowList>;
  workflow(tenant: string, id: string, range: Range): Promise<WorkflowDetail | undefined>;
  report(tenant: string, range: Range): Promise<AgentReport>;
}

const isTask = ({ kind }: OpenActivity): boolean => kind === "task" || kind === "run";

/** Tasks of an agent that go on, or its runs when it has no tasks. */
function activeOf(open: readonly OpenActivity[], agent: string, hasTasks: boolean): number {
  const own = open.filter((one) => one.agent === agent);
  const tasks = own.filter(({ kind }) => kind === "task").length;
  return hasTasks || tasks > 0 ? tasks : own.filter(({ kind }) => kind === "run").length;
}

/** Open tasks that began in the range; runs of those who have tasks are none. */
const begunIn = (open: readonly OpenActivity[], { startMs }: Range, hasTasks: boolean): number => {
  const begun = open.filter(({ startUs }) => startUs >= startMs * 1000);
  const tasks = begun.filter(({ kind }) => kind === "task").length;
  return hasTasks || tasks > 0 ? tasks : begun.filter(({ kind }) => kind === "run").length;
};

function compare(a: string | number | null, b: string | number | null): number {
  // What cannot be measured comes last, whichever way the list is sorted.
  if (a === b) return 0;
  return a === null || b === null ? (a === null ? 1 : -1) : a < b ? -1 : 1;
}

const shown = ({ startMs, endMs }: Range) => ({ start: isoTime(startMs), end: isoTime(endMs) });

// oxlint-disable-next-line max-lines-per-function -- the questions share what they are asked of
export function createAgentFigures(options: Options): AgentFigures {
  const { recent, thresholds, now } = options;

  /** Open work counts only where the range goes up to now. */
  const openIn = (tenant: string, { endMs }: Range): readonly OpenActivity[] =>
    endMs >= now() - CURRENT_MS ? recent.open(tenant) : [];

  const statusOf = (tenant: string, id: string, lastMs: number, active: number): AgentStatus => {
    if (active === 0 && now() - lastMs > options.silentAfterMs()) return "silent";
    if (recent.failing(tenant).has(id)) return "failing";
    return active > 0 ? "working" : "idle";
  };

  const figuresOf = (figures: Omit<Figures, "key">, range: Range, known: Known | undefined) =>
    businessFigures(
      figures,
      {
        agentMs: observedMs(range, known?.firstMs),
        rangeMs: range.endMs - range.startMs,
        perAgent: true,
      },
      thresholds(),
    );

  /** All agents that did something in the range, and with `all` those as well that were heard of at any time. */
  const agentsOf = async (
    tenant: string,
    range: Range,
    filter: { workflow?: string | undefined; agent?: string | undefined; all: boolean },
  ): Promise<Agent[]> => {
    const { all, ...only } = filter;
    const source = await sourceFor(options, tenant, range.startMs);
    const open = openIn(tenant, range);
    const stepMs = Math.max(
      1000,
      Math.ceil((range.endMs - range.startMs) / RECENT_STEPS / 1000) * 1000,
    );
    const [found, endings, known] = await Promise.all([
      source.figures({ ...range, by: "agent", open: open.filter(isTask), ...only }),
      source.ended({ ...range, stepMs, ...only }),
      recent.known(tenant),
    ]);
    const figures = new Map(found.map((one) => [one.key, one]));
    const ids = new Set(figures.keys());
    if (all)
      for (const id of filter.agent === undefined ? known.keys() : [filter.agent]) ids.add(id);
    const points = new Map<string, number[]>();
    for (const { agent, timeMs, tasks, runs } of endings) {
      const series = points.get(agent) ?? Array<number>(RECENT_STEPS + 1).fill(0);
      const first = Math.floor(range.startMs / stepMs);
      const at = Math.floor(timeMs / stepMs) - first;
      if (at >= 0 && at < series.length)
        series[at] = figures.get(agent)?.hasTasks === true ? tasks : runs;
      points.set(agent, series);
    }
    return [...ids].map((id) => {
      const ended = figures.get(id) ?? NO_FIGURES;
      const begun = open.filter((one) => one.agent === id);
      const own = { ...ended, started: ended.started + begunIn(begun, range, ended.hasTasks) };
      const first = known.get(id);
      const lastMs = Math.max(first?.lastMs ?? 0, own.lastUs / 1000) || range.startMs;
      const active = activeOf(recent.open(tenant), id, own.hasTasks);
      return {
        id,
        status: statusOf(tenant, id, lastMs, active),
        active_tasks: active,
        first_seen: isoTime(first?.firstMs ?? range.startMs),
        last_seen: isoTime(Math.trunc(lastMs)),
        figures: figuresOf(own, range, first),
        recent: points.get(id) ?? Array<number>(RECENT_STEPS + 1).fill(0),
      };
    });
  };

  const overallOf = async (tenant: string, range: Range): Promise<FleetFigures> => {
    const source = await sourceFor(options, tenant, range.startMs);
    const open = openIn(tenant, range);
    const [[all = { ...NO_FIGURES, key: "" }], known] = await Promise.all([
      source.figures({ ...range, by: "all", open: open.filter(isTask) }),
      recent.known(tenant),
    ]);
    let agentMs = 0;
    // Those who were heard of in the range could have worked in it from their first time on.
    for (const one of known.values())
      if (one.firstMs < range.endMs && one.lastMs >= range.startMs)
        agentMs += observedMs(range, one.firstMs);
    const context = {
      agentMs: Math.max(1, agentMs),
      rangeMs: range.endMs - range.startMs,
      perAgent: false,
    };
    const now = recent.open(tenant);
    const started = all.started + begunIn(open, range, all.hasTasks);
    return {
      ...businessFigures({ ...all, started }, context, thresholds()),
      agents: all.agents,
      active_tasks: now.filter(isTask).length,
      active_conflicts: now.filter(({ kind }) => kind === "conflict").length,
    };
  };

  const list = async (tenant: string, query: AgentQuery): Promise<AgentList> => {
    const { text, status, band, workflow, sort, order, limit, startMs, endMs } = query;
    const range = { startMs, endMs };
    const [every, overall] = await Promise.all([
      agentsOf(tenant, range, { workflow, all: workflow === undefined }),
      overallOf(tenant, range),
    ]);
    const statuses = { working: 0, idle: 0, silent: 0, failing: 0 };
    for (const agent of every) statuses[agent.status]++;
    const wanted = every.filter(
      (agent) =>
        (text === undefined || agent.id.toLowerCase().includes(text.toLowerCase())) &&
        (status === undefined || agent.status === status) &&
        (band === undefined || agent.figures.bands.overall === band),
    );
    const pick = SORTS[sort];
    const sorted = wanted.toSorted((a, b) => {
      const [x, y] = [pick(a), pick(b)];
      const difference =
        order === "asc" || x === null || y === null ? compare(x, y) : compare(y, x);
      return difference || compare(a.id, b.id);
    });
    return {
      ...shown(range),
      agents: sorted.slice(0, limit),
      overall,
      statuses,
      thresholds: thresholds(),
      count: wanted.length,
    };
  };

  const get = async (
    tenant: string,
    id: string,
    range: Range,
  ): Promise<AgentDetail | undefined> => {
    const known = await recent.known(tenant);
    const [agent] = await agentsOf(tenant, range, { agent: id, all: known.has(id) });
    return agent && { ...shown(range), ...agent, thresholds: thresholds() };
  };

  const workflowView = (
    tenant: string,
    figures: Figures,
    range: Range,
    agentMs: number,
  ): Workflow => ({
    id: figures.key,
    type: figures.workflowType,
    last_seen: figures.lastUs > 0 ? isoTime(Math.trunc(figures.lastUs / 1000)) : null,
    agents: figures.agents,
    executions: figures.workflows,
    executions_failed: figures.workflowsFailed,
    active_tasks: recent.open(tenant).filter((one) => isTask(one) && one.workflow === figures.key)
      .length,
    figures: businessFigures(
      figures,
      { agentMs, rangeMs: range.endMs - range.startMs, perAgent: false },
      thresholds(),
    ),
  });

  const workflowsOf = async (tenant: string, range: Range, workflow?: string) => {
    const source = await sourceFor(options, tenant, range.startMs);
    const open = openIn(tenant, range).filter(isTask);
    const found = await source.figures({ ...range, by: "workflow", workflow, open });
    const rangeMs = range.endMs - range.startMs;
    return found.map((one) => workflowView(tenant, one, range, Math.max(1, one.agents) * rangeMs));
  };

  return {
    list,
    get,
    performance: async (tenant, id, { offsetMinutes, startMs, endMs }) => {
      const range = { startMs, endMs };
      const before = { startMs: startMs - (endMs - startMs), endMs: startMs };
      const known = await recent.known(tenant);
      const source = await sourceFor(options, tenant, startMs);
      const past = await sourceFor(options, tenant, before.startMs);
      const { cellMs, stepMs } = stepsOf(endMs - startMs);
      const open = openIn(tenant, range).filter(isTask);
      const [[current], [former], cells, conversations] = await Promise.all([
        source.figures({ ...range, by: "agent", agent: id, open }),
        past.figures({ ...before, by: "agent", agent: id }),
        source.cells({ ...range, stepMs: cellMs, agent: id }),
        source.conversations({ ...range, agent: id, limit: LISTED_CONVERSATIONS }),
      ]);
      if (current === undefined && !known.has(id)) return undefined;
      const own = known.get(id);
      const of = (kind: string) => cells.filter((cell) => cell.kind === kind);
      return {
        ...shown(range),
        id,
        step_seconds: stepMs / 1000,
        current: figuresOf(current ?? NO_FIGURES, range, own),
        former: figuresOf(former ?? NO_FIGURES, before, own),
        thresholds: thresholds(),
        series: seriesOf(cells, { ...range, stepMs }),
        response_times: responseTimesOf(cells),
        heat_map: heatMapOf(cells, offsetMinutes),
        task_types: namedOf(tasksOf(cells)),
        tools: namedOf(of("tool")),
        models: namedOf(of("model")),
        conversations: conversations.map((one) => conversationView(one)),
      };
    },
    workflows: async (tenant, { text, limit, startMs, endMs }) => {
      const range = { startMs, endMs };
      const wanted = (await workflowsOf(tenant, range)).filter(({ id, type }) =>
        `${id}\n${type}`.toLowerCase().includes((text ?? "").toLowerCase()),
      );
      return { ...shown(range), workflows: wanted.slice(0, limit), count: wanted.length };
    },
    workflow: async (tenant, id, range) => {
      const [found] = await workflowsOf(tenant, range, id);
      if (found === undefined) return undefined;
      const members = await agentsOf(tenant, range, { workflow: id, all: false });
      return { ...shown(range), ...found, members: members.slice(0, MAX_WORKFLOW_MEMBERS) };
    },
    report: async (tenant, range) => {
      const [every, overall] = await Promise.all([
        agentsOf(tenant, range, { all: true }),
        overallOf(tenant, range),
      ]);
      const agents = every.toSorted((a, b) => compare(a.id, b.id));
      return {
        ...shown(range),
        period_hours: (range.endMs - range.startMs) / HOUR_MS,
        thresholds: thresholds(),
        overall,
        agents: agents.map(({ id, status, active_tasks, first_seen, last_seen, figures }) => ({
          id,
          status,
          active_tasks,
          first_seen,
          last_seen,
          figures,
        })),
        findings: findingsOf(agents, overall, thresholds()),
      };
    },
  };
}
