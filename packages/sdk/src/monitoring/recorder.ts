import { ATTRIBUTES } from "../attributes.ts";
import { KIND, spanOf, withSpan } from "../tracing/index.ts";
import type {
  Attributes,
  AttributeValue,
  Context,
  SpanOptions,
  Tracing,
} from "../tracing/index.ts";
import { isPromise, nameOf, Operation } from "./operation.ts";
import type { Outcome } from "./operation.ts";

/** Whom work belongs to; what is left out is taken over from the work around it. */
export type Belonging = {
  /** Id of a workflow that was started here; its trace goes on. */
  workflow?: string;
  conversation?: string;
  user?: string;
  /** Further attributes of the span. */
  attributes?: Attributes;
};

/** What work inherits from the work around it. */
type Around = { agent: string; workflow: string; task: string; conversation: string; user: string };

const AROUND = Symbol("fleetlight around");
const NOTHING: Around = { agent: "", workflow: "", task: "", conversation: "", user: "" };

/** Workflows, tasks and conflicts that go on, of each kind; further ones are recorded without being remembered. */
const MAX_OPEN = 10_000;

type Remembered = "workflow" | "task" | "conflict";

export type Started = {
  kind: keyof typeof KIND;
  name: string;
  /** One of `OPERATIONS`, or `invoke_agent`. */
  operation: string;
  agent?: string;
  task?: string;
  belonging?: Belonging | undefined;
  attributes?: Attributes;
  startMs?: number;
};

/** Begins spans with what they inherit, and remembers what is ended by its id. */
export class Recorder {
  readonly #tracing: Tracing;
  readonly #enabled: boolean;
  readonly #open: Record<Remembered, Map<string, Operation>> = {
    workflow: new Map(),
    task: new Map(),
    conflict: new Map(),
  };
  /** Work that was recorded without being remembered, ends of what nobody began, and our own mistakes. */
  readonly counts = { not_remembered: 0, unknown_ids: 0, errors: 0 };

  constructor(tracing: Tracing, enabled: boolean) {
    this.#tracing = tracing;
    this.#enabled = enabled;
  }

  get openCount(): number {
    const { workflow, task, conflict } = this.#open;
    return workflow.size + task.size + conflict.size;
  }

  around(context: Context = this.#tracing.active()): Around {
    return (context.getValue(AROUND) as Around | undefined) ?? NOTHING;
  }

  begin(started: Started): Operation {
    if (!this.#enabled) return this.none();
    const above = this.#parentOf(started.belonging?.workflow);
    const outer = this.around(above);
    const around = inside(outer, started);
    const options: SpanOptions = {
      kind: KIND[started.kind],
      attributes: attributesOf(started, around),
    };
    if (started.startMs !== undefined) options.startTime = started.startMs;
    const span = this.#tracing.start(started.name, options, above);
    return new Operation(span, withSpan(above, span).setValue(AROUND, around));
  }

  /** Begins it, or what stands for it: what goes wrong here never keeps the host's work from running. */
  tryBegin(begin: () => Operation | undefined): Operation {
    return this.attempt(begin) ?? this.none();
  }

  /** Runs `fn` inside of an operation, and ends it. */
  run<T>(
    operation: Operation,
    fn: (operation: Operation) => T,
    end: (operation: Operation, outcome: Outcome) => void,
  ): T {
    let result: T;
    try {
      result = this.#tracing.with(operation.context, fn, operation);
    } catch (error) {
      this.#end(operation, end, { success: false, error });
      throw error;
    }
    if (!isPromise(result)) {
      this.#end(operation, end, {});
      return result;
    }
    return result.then(
      (value) => {
        this.#end(operation, end, {});
        return value;
      },
      (error: unknown) => {
        this.#end(operation, end, { success: false, error });
        throw error;
      },
    ) as T;
  }

  #end(
    operation: Operation,
    end: (operation: Operation, outcome: Outcome) => void,
    outcome: Outcome,
  ): void {
    try {
      end(operation, outcome);
    } catch {
      this.counts.errors++;
    }
  }

  remember(kind: Remembered, id: string, operation: Operation): void {
    if (this.#open[kind].size >= MAX_OPEN) this.counts.not_remembered++;
    else this.#open[kind].set(id, operation);
  }

  find(kind: Remembered, id: string): Operation | undefined {
    return this.#open[kind].get(nameOf(id));
  }

  /** What was remembered, and now is not any more. */
  take(kind: Remembered, id: string): Operation | undefined {
    const operation = this.find(kind, id);
    if (operation === undefined) this.counts.unknown_ids++;
    else this.#open[kind].delete(nameOf(id));
    return operation;
  }

  /** The host's work matters more than what is recorded of it. */
  attempt<T>(fn: () => T): T | undefined {
    try {
      return fn();
    } catch {
      this.counts.errors++;
      return undefined;
    }
  }

  /** Stands for work that could not be recorded. */
  none(): Operation {
    const context = this.#tracing.active();
    return new Operation(NO_SPAN, context);
  }

  #parentOf(workflow: string | undefined): Context {
    const active = this.#tracing.active();
    const running = workflow === undefined ? undefined : this.find("workflow", workflow);
    if (running === undefined) return active;
    // What is active already belongs to this workflow: it stands closer than the workflow itself.
    const span = spanOf(active)?.spanContext();
    return span?.traceId === running.traceId ? active : running.context;
  }
}

/** What the work that begins has around it; the same object when that is nothing new. */
function inside(outer: Around, { agent, task, belonging }: Started): Around {
  const isSameAgent = agent === undefined || agent === "" || agent === outer.agent;
  if (isSameAgent && task === undefined && belonging === undefined) return outer;
  return {
    agent: isSameAgent ? outer.agent : agent,
    workflow: belonging?.workflow === undefined ? outer.workflow : nameOf(belonging.workflow),
    task: task ?? outer.task,
    conversation: nameOf(belonging?.conversation) || outer.conversation,
    user: nameOf(belonging?.user) || outer.user,
  };
}

function attributesOf(started: Started, around: Around): Record<string, AttributeValue> {
  const attributes: Record<string, AttributeValue> = {};
  if (started.operation === "invoke_agent") {
    attributes["gen_ai.operation.name"] = "invoke_agent";
    attributes["gen_ai.agent.name"] = around.agent;
  } else attributes[ATTRIBUTES.operation] = started.operation;
  if (around.agent !== "") attributes[ATTRIBUTES.agent] = around.agent;
  if (around.workflow !== "") attributes[ATTRIBUTES.workflowId] = around.workflow;
  if (around.task !== "") attributes[ATTRIBUTES.taskId] = around.task;
  if (around.conversation !== "") attributes["gen_ai.conversation.id"] = around.conversation;
  if (around.user !== "") attributes[ATTRIBUTES.user] = around.user;
  addTo(attributes, started.attributes);
  addTo(attributes, started.belonging?.attributes);
  return attributes;
}

/** A few more than fit in are kept from a caller who gives very many. */
const MAX_GIVEN = 100;

function addTo(attributes: Record<string, AttributeValue>, given: Attributes | undefined): void {
  let count = 0;
  for (const name in given) {
    const value = given[name];
    if (value === undefined || value === null) continue;
    if (++count > MAX_GIVEN) return;
    attributes[name] = value;
  }
}

const INVALID = { traceId: "0".repeat(32), spanId: "0".repeat(16), traceFlags: 0 };
const nothing = (): void => {};
const NO_SPAN = {
  spanContext: () => INVALID,
  setAttribute: nothing,
  setAttributes: nothing,
  addEvent: nothing,
  addLink: nothing,
  addLinks: nothing,
  setStatus: nothing,
  updateName: nothing,
  end: nothing,
  isRecording: () => false,
  recordException: nothing,
};
