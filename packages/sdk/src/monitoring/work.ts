import { ATTRIBUTES } from "../attributes.ts";
import type { Operation, Outcome } from "./operation.ts";
import { nameOf } from "./operation.ts";
import type { Belonging, Recorder } from "./recorder.ts";

export type WorkflowStart = Omit<Belonging, "workflow"> & {
  id: string;
  type?: string;
  /** Names of the agents that take part. */
  agents?: readonly string[];
};

export type TaskStart = Belonging & {
  /** Made up when left out. */
  id?: string;
  agent?: string;
  type?: string;
};
export type TaskOutcome = Outcome & {
  /** Of the result, 0 to 1. */
  quality?: number;
};

/** A task that is over: it lasted `durationSeconds` until now. */
export type AgentTask = Belonging &
  TaskOutcome & { agent: string; task: string; type?: string; durationSeconds: number };

export type ConflictStart = Belonging & { id: string; type?: string; agents: readonly string[] };
export type Resolution = Outcome & {
  /** How it was resolved: `voting`, `priority`, … */
  method?: string;
  /** Exchanges of views until it was resolved. */
  rounds?: number;
};

/** A conflict that is over: it lasted `durationSeconds` until now. */
export type ConflictRecord = Omit<ConflictStart, "id"> &
  Resolution & { id?: string; durationSeconds: number };

export type Communication = Belonging & {
  from: string;
  to: string;
  type?: string;
  sizeBytes?: number;
};

/** Something that was started and is ended by its id, or through this. */
export type Running<E> = {
  readonly id: string;
  readonly traceId: string;
  /** Runs `fn` inside of it: what is recorded there belongs to it. */
  run<T>(fn: (operation: Operation) => T): T;
  /** Ends it; false when it has ended already. */
  complete(end?: E): boolean;
};

type Ways = {
  recorder: Recorder;
  nowMs: () => number;
  newId: () => string;
  enter: <T>(operation: Operation, fn: () => T) => T;
};

/** What agents do, as spans: see `Monitoring` for the promises of each. */
export class Work {
  readonly #ways: Ways;

  constructor(ways: Ways) {
    this.#ways = ways;
  }

  startWorkflow(start: WorkflowStart): Running<Outcome> {
    const { recorder } = this.#ways;
    const id = this.#idOf(start);
    const known = recorder.find("workflow", id);
    const operation =
      known ??
      recorder.attempt(() => {
        const { type = "", agents = [] } = start;
        return recorder.begin({
          kind: "internal",
          name: named("workflow", type),
          operation: "workflow",
          belonging: { ...belongingOf(start), workflow: id },
          attributes: {
            [ATTRIBUTES.workflowType]: nameOf(type),
            [ATTRIBUTES.workflowAgents]: agents.map(nameOf),
          },
        });
      });
    if (known === undefined && operation !== undefined) {
      recorder.remember("workflow", id, operation);
    }
    return this.#running(id, operation, this.completeWorkflow);
  }

  completeWorkflow(id: string, outcome: Outcome = {}): boolean {
    const operation = this.#ways.recorder.take("workflow", id);
    this.#ways.recorder.attempt(() => operation?.complete(outcome));
    return operation !== undefined;
  }

  startTask(start: TaskStart): Running<TaskOutcome> {
    const { recorder } = this.#ways;
    const id = this.#idOf(start);
    const operation = recorder.find("task", id) ?? this.#beginTask(id, start);
    if (operation !== undefined) recorder.remember("task", id, operation);
    return this.#running(id, operation, this.completeTask);
  }

  completeTask(id: string, outcome: TaskOutcome = {}): boolean {
    const operation = this.#ways.recorder.take("task", id);
    this.#ways.recorder.attempt(() => {
      if (outcome?.quality !== undefined) operation?.quality(outcome.quality);
      operation?.complete(outcome);
    });
    return operation !== undefined;
  }

  recordAgentTask(task: AgentTask): void {
    this.#ways.recorder.attempt(() => {
      const nowMs = this.#ways.nowMs();
      const startMs = nowMs - Math.max(0, Number(task.durationSeconds) || 0) * 1000;
      const operation = this.#beginTask(nameOf(task.task), task, startMs);
      if (task.quality !== undefined) operation?.quality(task.quality);
      operation?.complete(task, nowMs);
    });
  }

  traceTask<T>(start: TaskStart, fn: (operation: Operation) => T): T {
    const { recorder } = this.#ways;
    const id = this.#idOf(start);
    const task = this.#beginTask(id, start) ?? recorder.none();
    return recorder.run(task, fn, (operation, outcome) => operation.complete(outcome));
  }

  startConflict(start: ConflictStart): Running<Resolution> {
    const { recorder } = this.#ways;
    const id = this.#idOf(start);
    const operation = recorder.find("conflict", id) ?? this.#beginConflict(id, start);
    if (operation !== undefined) recorder.remember("conflict", id, operation);
    return this.#running(id, operation, this.resolveConflict);
  }

  resolveConflict(id: string, resolution: Resolution = {}): boolean {
    const operation = this.#ways.recorder.take("conflict", id);
    if (operation !== undefined) this.#resolve(operation, resolution);
    return operation !== undefined;
  }

  recordConflictResolution(conflict: ConflictRecord): void {
    this.#ways.recorder.attempt(() => {
      const nowMs = this.#ways.nowMs();
      const startMs = nowMs - Math.max(0, Number(conflict.durationSeconds) || 0) * 1000;
      const operation = this.#beginConflict(this.#idOf(conflict), conflict, startMs);
      if (operation !== undefined) this.#resolve(operation, conflict, nowMs);
    });
  }

  startAgentOperation(agent: string, operation: string, belonging?: Belonging): Operation {
    const { recorder } = this.#ways;
    return recorder.tryBegin(() => this.#beginOperation(agent, operation, belonging));
  }

  traceAgentOperation<T>(
    agent: string,
    operation: string,
    fn: (operation: Operation) => T,
    belonging?: Belonging,
  ): T {
    const begun = this.startAgentOperation(agent, operation, belonging);
    return this.#ways.recorder.run(begun, fn, endOperation);
  }

  traceCommunication<T = void>(
    communication: Communication,
    fn: (operation: Operation) => T = () => undefined as T,
  ): T {
    const { recorder } = this.#ways;
    const message = recorder.tryBegin(() => {
      const { from, to, type = "", sizeBytes } = communication;
      return recorder.begin({
        kind: "producer",
        name: named("message", type),
        operation: "message",
        agent: nameOf(from),
        belonging: belongingOf(communication),
        attributes: {
          [ATTRIBUTES.peer]: nameOf(to),
          [ATTRIBUTES.messageType]: nameOf(type),
          [ATTRIBUTES.messageSize]: sizeBytes,
        },
      });
    });
    return recorder.run(message, fn, endOperation);
  }

  waitFor<T>(
    peer: string,
    fn: (operation: Operation) => T,
    belonging?: Belonging & { agent?: string },
  ): T {
    const { recorder } = this.#ways;
    const wait = recorder.tryBegin(() =>
      recorder.begin({
        kind: "internal",
        name: "wait",
        operation: "wait",
        agent: nameOf(belonging?.agent),
        belonging,
        attributes: { [ATTRIBUTES.peer]: nameOf(peer) },
      }),
    );
    return recorder.run(wait, fn, endOperation);
  }

  #idOf(start: { id?: string } | undefined): string {
    return this.#ways.recorder.attempt(() => nameOf(start?.id)) || this.#ways.newId();
  }

  #beginOperation(agent: string, operation: string, belonging?: Belonging): Operation {
    const { recorder } = this.#ways;
    const name = nameOf(agent);
    // Where another agent takes over it is called; what the same one does inside are its steps.
    const entered = name !== "" && recorder.around().agent !== name;
    return recorder.begin({
      kind: "internal",
      name: nameOf(operation),
      operation: entered ? "invoke_agent" : "agent_operation",
      agent: name,
      belonging,
    });
  }

  #beginTask(id: string, start: TaskStart, startMs?: number): Operation | undefined {
    const { recorder } = this.#ways;
    return recorder.attempt(() => {
      const { agent, type = "" } = start;
      return recorder.begin({
        kind: "internal",
        name: named("task", type),
        operation: "task",
        agent: nameOf(agent),
        task: id,
        belonging: belongingOf(start),
        attributes: { [ATTRIBUTES.taskType]: nameOf(type) },
        ...(startMs === undefined ? {} : { startMs }),
      });
    });
  }

  #beginConflict(
    id: string,
    start: Omit<ConflictStart, "id">,
    startMs?: number,
  ): Operation | undefined {
    const { recorder } = this.#ways;
    return recorder.attempt(() => {
      const { type = "", agents } = start;
      return recorder.begin({
        kind: "internal",
        name: named("conflict", type),
        operation: "conflict",
        belonging: belongingOf(start),
        attributes: {
          [ATTRIBUTES.conflictId]: id,
          [ATTRIBUTES.conflictType]: nameOf(type),
          [ATTRIBUTES.conflictAgents]: agents.map(nameOf),
        },
        ...(startMs === undefined ? {} : { startMs }),
      });
    });
  }

  #resolve(operation: Operation, resolution: Resolution, endMs?: number): void {
    this.#ways.recorder.attempt(() => {
      const { method, rounds } = resolution ?? {};
      if (method !== undefined) operation.set(ATTRIBUTES.conflictMethod, nameOf(method));
      if (rounds !== undefined) operation.set(ATTRIBUTES.conflictRounds, Number(rounds));
      operation.complete(resolution, endMs);
    });
  }

  /** Runs `fn` inside of what goes on. */
  enter<T>(operation: Operation, fn: () => T): T {
    return this.#ways.enter(operation, fn);
  }

  #running<E>(
    id: string,
    operation: Operation | undefined,
    complete: (id: string, end?: E) => boolean,
  ): Running<E> {
    return new Handle(this, id, operation ?? this.#ways.recorder.none(), complete);
  }
}

/** There may be thousands of them: no functions of their own. */
class Handle<E> implements Running<E> {
  readonly id: string;
  readonly #work: Work;
  readonly #operation: Operation;
  readonly #complete: (id: string, end?: E) => boolean;

  constructor(
    work: Work,
    id: string,
    operation: Operation,
    complete: (id: string, end?: E) => boolean,
  ) {
    this.id = id;
    this.#work = work;
    this.#operation = operation;
    this.#complete = complete;
  }

  get traceId(): string {
    return this.#operation.traceId;
  }

  run<T>(fn: (operation: Operation) => T): T {
    return this.#work.enter(this.#operation, () => fn(this.#operation));
  }

  complete(end?: E): boolean {
    return this.#complete.call(this.#work, this.id, end);
  }
}

/** Types are few: their spans share the texts of their names. */
const MAX_NAMES = 1000;
const names = new Map<string, string>();

function named(kind: string, type: unknown): string {
  const text = `${kind} ${nameOf(type)}`.trim();
  const known = names.get(text);
  if (known !== undefined) return known;
  if (names.size < MAX_NAMES) names.set(text, text);
  return text;
}

function endOperation(operation: Operation, { error, success }: Outcome): void {
  if (success === false) operation.fail(error);
  operation.end();
}

/** Only what says whom work belongs to: the other fields of a start become attributes of their own. */
function belongingOf({ workflow, conversation, user, attributes }: Belonging): Belonging {
  return {
    ...(workflow === undefined ? {} : { workflow }),
    ...(conversation === undefined ? {} : { conversation }),
    ...(user === undefined ? {} : { user }),
    ...(attributes === undefined ? {} : { attributes }),
  };
}
