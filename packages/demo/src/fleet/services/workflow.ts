import type { LoadPlan } from "../../scenarios.ts";
import { rateAt } from "../../scenarios.ts";
import { AskError } from "../ask.ts";
import type { JsonObject } from "../ask.ts";
import { randomExpression } from "../brains/arithmetic.ts";
import { PolicyTrainer } from "../brains/policy-trainer.ts";
import { randomText } from "../brains/text-classifier.ts";
import { pick } from "../random.ts";
import type { Random } from "../random.ts";
import type { DemoService } from "../service.ts";
import { agentWork, messageOf } from "../tracer.ts";
import type { Span } from "../tracer.ts";

/** Workflows under way above which no new one is started. */
const MAX_ACTIVE = 300;
/** A task may wait for the whole queue of the coordinator. */
const TASK_TIMEOUT_MS = 20_000;
const LONGEST_PAUSE_MS = 1000;
/** The agent that leads a workflow through its steps. */
const LEAD = "workflow-lead";

const QUESTIONS = [
  "queue latency",
  "refund invoice",
  "alert health check",
  "loss reward",
  "password login",
];

type Workflow = {
  id: string;
  /** The case that it belongs to: somebody asks again until the case is closed. */
  conversation: string;
  type: string;
  task: JsonObject;
  label: string;
};

/** Cases that are open at once. */
const OPEN_CASES = 4;
/** Share of workflows after which a case is closed. */
const CLOSED_SHARE = 0.3;

/** Cases of one desk, each with a few workflows after one another. */
class Cases {
  readonly #open: string[] = [];
  #number = 0;

  next(random: Random): string {
    while (this.#open.length < OPEN_CASES) this.#open.push(`case-${++this.#number}`);
    const at = Math.floor(random() * OPEN_CASES);
    const found = this.#open[at] ?? "";
    if (random() < CLOSED_SHARE) this.#open.splice(at, 1);
    return found;
  }
}

function newWorkflow(random: Random, number: number, conversation: string): Workflow {
  const id = `wf-${number}`;
  const roll = random();
  if (roll < 0.5) {
    const { text, label } = randomText(random);
    return { id, conversation, type: "triage", task: { kind: "classify", text, label }, label };
  }
  if (roll < 0.8) {
    const expression = randomExpression(random);
    return {
      id,
      conversation,
      type: "calculation",
      task: { kind: "arithmetic", expression },
      label: "",
    };
  }
  const query = pick(random, QUESTIONS);
  return { id, conversation, type: "research", task: { kind: "research", query }, label: "" };
}

function workflowMetrics(service: DemoService) {
  const { registry } = service;
  return {
    executions: registry.counter({
      name: "workflow_executions_total",
      help: "Workflows, by how they ended.",
      labelNames: ["workflow_type", "status"],
    }),
    duration: registry.histogram({
      name: "workflow_execution_duration_seconds",
      help: "Time from a workflow's start to its end.",
      labelNames: ["workflow_type"],
      buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    }),
    transitions: registry.counter({
      name: "workflow_transitions_total",
      help: "Changes of a workflow's state.",
      labelNames: ["workflow_type", "from_state", "to_state"],
    }),
    errors: registry.counter({
      name: "workflow_errors_total",
      help: "Steps of workflows that failed.",
      labelNames: ["step"],
    }),
    active: registry.gauge({ name: "workflows_active", help: "Workflows under way." }),
    skipped: registry.counter({
      name: "workflows_skipped_total",
      help: "Workflows not started because too many were under way.",
    }),
  };
}

/** The desk that waits for the results of these workflows hears of them over the message service. */
const messageTo = (service: DemoService, type: string, bytes: number) => ({
  service: service.id,
  name: `message ${type}`,
  attributes: {
    "fleetlight.operation": "message",
    "fleetlight.agent": LEAD,
    "fleetlight.peer": `${type}-desk`,
    "fleetlight.message.type": "workflow.completed",
    "fleetlight.message.size": bytes,
  },
});

const endOf = (error: unknown): "shed" | "failed" =>
  error instanceof AskError && error.status === 429 ? "shed" : "failed";

/** Leads a workflow to its end, and writes how that was. */
async function lead(
  service: DemoService,
  { id, type }: Workflow,
  steps: () => Promise<void>,
): Promise<void> {
  const { now } = service.context;
  const start = now();
  try {
    await steps();
    const duration_ms = Math.round(now() - start);
    service.log("info", `${type} ${id} completed`, { workflow: id, duration_ms });
  } catch (error) {
    const status = endOf(error);
    const reason = error instanceof Error ? error.message : String(error);
    const level = status === "shed" ? "warn" : "error";
    service.log(level, `${type} ${id} ${status}: ${reason}`, { workflow: id });
    throw error;
  }
}

/** The run of a workflow, as its leading agent tells of it. */
function runOf(service: DemoService, workflow: Workflow) {
  const work = agentWork(service.id, LEAD);
  const known = {
    "fleetlight.workflow.id": workflow.id,
    "fleetlight.workflow.type": workflow.type,
    "gen_ai.conversation.id": workflow.conversation,
  };
  return { ...work, attributes: { ...work.attributes, ...known } };
}

/** Starts workflows at the scenario's rate and leads each through its steps. */
export function workflowEngine(service: DemoService, load: LoadPlan): void {
  const { context } = service;
  const metrics = workflowMetrics(service);
  const startedAt = context.now();
  const cases = new Cases();
  let number = 0;

  const step = async (name: string, run: () => Promise<JsonObject>): Promise<JsonObject> => {
    try {
      return await run();
    } catch (error) {
      // A refusal at a full queue is the fleet protecting itself, not an error of the step.
      if (!(error instanceof AskError && error.status === 429)) metrics.errors.inc({ step: name });
      throw error;
    }
  };

  const steps = async ({ id, type, task, label }: Workflow, span: Span): Promise<void> => {
    const memory = { query: String(task["text"] ?? task["expression"] ?? task["query"]) };
    span.set({ "gen_ai.input.messages": messageOf("user", memory.query) });
    await step("recall", () => service.ask("memory-manager", "/recall", memory));
    const answer = await step("task", () =>
      service.ask("agent-coordinator", "/tasks", task, TASK_TIMEOUT_MS),
    );
    const result = JSON.stringify(answer["result"]).slice(0, 500);
    span.set({ "gen_ai.output.messages": messageOf("assistant", result) });
    const text = `${type}: ${memory.query} → ${result}`;
    await step("remember", () => service.ask("memory-manager", "/remember", { id, text }));
    const message = {
      type: "workflow.completed",
      channel: "workflows",
      data: { id, type, task, label, answer: answer["result"] },
    };
    await context.tracer.run(messageTo(service, type, JSON.stringify(message).length), () =>
      step("publish", () => service.ask("websocket-service", "/publish", message)),
    );
  };

  const run = async (workflow: Workflow): Promise<void> => {
    const { type } = workflow;
    const start = context.now();
    metrics.active.inc();
    metrics.transitions.inc({ workflow_type: type, from_state: "created", to_state: "running" });
    let status = "completed";
    try {
      await context.tracer.begin(runOf(service, workflow), (span) =>
        lead(service, workflow, () => steps(workflow, span)),
      );
    } catch (error) {
      status = endOf(error);
    }
    const seconds = (context.now() - start) / 1000;
    metrics.active.dec();
    metrics.executions.inc({ workflow_type: type, status });
    metrics.duration.observe({ workflow_type: type }, seconds);
    metrics.transitions.inc({ workflow_type: type, from_state: "running", to_state: status });
    const observation = { kind: type, seconds, ok: status === "completed" };
    await service.ask("performance-metrics", "/observations", observation).catch(() => {});
  };

  const pulse = (): void => {
    if (metrics.active.with({}).value >= MAX_ACTIVE) metrics.skipped.inc();
    else void run(newWorkflow(context.random, ++number, cases.next(context.random)));
    schedule();
  };
  const schedule = (): void => {
    const rate = rateAt(load, context.now() - startedAt);
    service.after(Math.min(LONGEST_PAUSE_MS, 1000 / rate), pulse);
  };
  schedule();
}

const EPISODES_PER_STEP = 8;
const STEP_MS = 250;
/** Steps between two evaluations, which cost more than a step. */
const EVALUATE_EVERY = 4;
const MAX_SESSION_STEPS = 400;
const GOOD_LOSS = 0.2;
const LEARNING_RATE = 0.04;

/** Trains a policy by trial and reward; a session ends when it is good or has lasted long, and a new world begins. */
export function rlOrchestrator(service: DemoService): void {
  const { registry, context } = service;
  const sessions = registry.counter({
    name: "rl_sessions_total",
    help: "Training sessions ended.",
  });
  const steps = registry.counter({ name: "rl_training_steps_total", help: "Training steps." });
  const episodes = registry.counter({ name: "rl_episodes_total", help: "Trials with a reward." });
  const loss = registry.gauge({
    name: "rl_loss",
    help: "Cross-entropy on unseen contexts, in nats.",
  });
  const accuracy = registry.gauge({
    name: "rl_accuracy_ratio",
    help: "Unseen contexts in which the policy prefers the best action.",
  });
  const reward = registry.gauge({
    name: "rl_reward_ratio",
    help: "Mean reward of the latest training steps (moving average).",
  });
  registry.gauge({ name: "rl_learning_rate", help: "Learning rate." }).set(LEARNING_RATE);
  let trainer = new PolicyTrainer(context.random, LEARNING_RATE);
  let sessionSteps = 0;
  let average = 0.25;

  const evaluate = () => {
    const result = trainer.evaluate();
    loss.set(result.loss);
    accuracy.set(result.accuracy);
    return result;
  };
  evaluate();
  service.every(STEP_MS, async () => {
    const trained = trainer.step(EPISODES_PER_STEP);
    sessionSteps++;
    steps.inc();
    episodes.inc(trained.episodes);
    average += 0.1 * (trained.reward - average);
    reward.set(average);
    if (sessionSteps % EVALUATE_EVERY !== 0) return;
    const result = evaluate();
    if (result.loss > GOOD_LOSS && sessionSteps < MAX_SESSION_STEPS) return;
    const data = { steps: sessionSteps, ...result };
    trainer = new PolicyTrainer(context.random, LEARNING_RATE);
    sessionSteps = 0;
    average = 0.25;
    sessions.inc();
    const event = { type: "training.completed", channel: "training", data };
    await service.ask("websocket-service", "/publish", event).catch(() => {});
  });
}
