import type { JsonObject } from "../ask.ts";
import { pick } from "../random.ts";
import { Refusal, textField } from "../service.ts";
import { agentWork } from "../tracer.ts";
import type { DemoService } from "../service.ts";

/** Tasks that agents work on at once. */
const AGENTS = 4;
/** An agent's pace in milliseconds per task, as a model provider's rate limit would set it: 16 tasks a second in all. */
const PACE_MS = 250;
/** Waiting tasks above which new ones are refused. */
export const MAX_QUEUE = 120;

type Waiting = { start: () => void };

/** Tasks in line for a limited number of agents. */
class TaskQueue {
  #busy = 0;
  readonly #waiting: Waiting[] = [];

  get depth(): number {
    return this.#waiting.length;
  }

  get busy(): number {
    return this.#busy;
  }

  /** Resolves when an agent is free. @throws Refusal (429) when the line is full. */
  async enter(): Promise<void> {
    if (this.#busy < AGENTS) {
      this.#busy++;
      return;
    }
    if (this.#waiting.length >= MAX_QUEUE) throw new Refusal(429, "the queue is full: try later");
    await new Promise<void>((start) => this.#waiting.push({ start }));
  }

  leave(): void {
    const next = this.#waiting.shift();
    // The place goes over to the next in line, so `busy` stays as it is.
    if (next === undefined) this.#busy--;
    else next.start();
  }
}

/** Does a task by calling the services that it needs. */
function perform(service: DemoService, kind: string, body: JsonObject): Promise<JsonObject> {
  switch (kind) {
    case "classify":
      return service.ask("ai-model-service", "/classify", {
        text: textField(body, "text"),
        ...(typeof body["label"] === "string" ? { label: body["label"] } : {}),
      });
    case "arithmetic":
      return service.ask("langchain-integration", "/chain", {
        expression: textField(body, "expression"),
      });
    case "research":
      return service.ask("knowledge-manager", "/search", { query: textField(body, "query") });
    default:
      throw new Refusal(400, `there is no kind of task called ${kind.slice(0, 50)}`);
  }
}

/** Hands tasks to agents, queues them while all are busy, and refuses them when the queue is full. */
export function agentCoordinator(service: DemoService): void {
  const { registry, context } = service;
  const queue = new TaskQueue();
  registry
    .gauge({ name: "queue_depth", help: "Tasks waiting for an agent." })
    .collect((gauge) => gauge.set(queue.depth));
  registry
    .gauge({ name: "agent_active_tasks", help: "Tasks that agents work on." })
    .collect((gauge) => gauge.set(queue.busy));
  const tasks = registry.counter({
    name: "agent_tasks_total",
    help: "Tasks, by agent and how they ended.",
    labelNames: ["agent_id", "agent_type", "status"],
  });
  const duration = registry.histogram({
    name: "agent_task_duration_seconds",
    help: "Time from a task's arrival to its end, waiting included.",
    labelNames: ["agent_type"],
    buckets: [0.1, 0.25, 0.3, 0.5, 1, 2.5, 5, 10, 30],
  });
  const shed = registry.counter({
    name: "tasks_shed_total",
    help: "Tasks refused at a full queue.",
  });

  const work = async (kind: string, body: JsonObject): Promise<JsonObject> => {
    const { agent_id: agent } = await service.ask("agent-designer", "/design", {
      capability: kind,
    });
    const id = typeof agent === "string" ? agent : "none";
    const start = context.now();
    let ok = false;
    try {
      const result = await context.tracer.run(agentWork(service.id, id), () =>
        perform(service, kind, body),
      );
      ok = true;
      return { agent_id: id, result };
    } finally {
      tasks.inc({ agent_id: id, agent_type: kind, status: ok ? "completed" : "failed" });
      await service
        .ask("agent-designer", "/feedback", { agent_id: id, success: ok })
        .catch(() => {});
      const rest = PACE_MS - (context.now() - start);
      if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
    }
  };

  service.route("/tasks", async (body) => {
    const kind = textField(body, "kind");
    const arrived = context.now();
    try {
      await queue.enter();
    } catch (error) {
      shed.inc();
      throw error;
    }
    try {
      return await work(kind, body);
    } finally {
      queue.leave();
      duration.observe({ agent_type: kind }, (context.now() - arrived) / 1000);
    }
  });
}

type Design = { id: string; tries: number; successes: number };

/** Share of designs that are picked at random, so that a better agent is found when the world changes. */
const EXPLORATION = 0.1;
/** After this many tries the past counts half, so that an outage is forgiven. */
const MEMORY_TRIES = 100;

/** Chooses an agent for a capability by its success so far (an epsilon-greedy bandit). */
export function agentDesigner(service: DemoService): void {
  const { registry, context } = service;
  const designs = new Map<string, Design[]>();
  const byId = new Map<string, Design>();
  for (const capability of ["classify", "arithmetic", "research"]) {
    const variants = ["fast", "careful", "frugal"].map((style) => ({
      id: `${capability}-${style}`,
      tries: 0,
      successes: 0,
    }));
    designs.set(capability, variants);
    for (const one of variants) byId.set(one.id, one);
  }
  const made = registry.counter({
    name: "agent_designs_total",
    help: "Agents chosen for a capability.",
    labelNames: ["capability"],
  });
  const ratio = (one: Design) => (one.successes + 1) / (one.tries + 1);
  registry
    .gauge({
      name: "agent_success_ratio",
      help: "Tasks that an agent completed, recent ones counting more.",
      labelNames: ["agent_id"],
    })
    .collect((gauge) => {
      for (const one of byId.values()) gauge.set({ agent_id: one.id }, ratio(one));
    });
  service.route("/design", (body) => {
    const capability = textField(body, "capability");
    const candidates = designs.get(capability);
    if (candidates === undefined) throw new Refusal(400, "no agent has this capability");
    made.inc({ capability });
    const best = Math.max(...candidates.map(ratio));
    const explore = context.random() < EXPLORATION;
    const among = explore ? candidates : candidates.filter((one) => ratio(one) === best);
    return { agent_id: pick(context.random, among).id };
  });
  service.route("/feedback", (body) => {
    const design = byId.get(textField(body, "agent_id"));
    if (design === undefined) throw new Refusal(404, "there is no such agent");
    design.tries++;
    if (body["success"] === true) design.successes++;
    if (design.tries >= MEMORY_TRIES) {
      design.tries /= 2;
      design.successes /= 2;
    }
    return { success_ratio: ratio(design) };
  });
}
