/**
 * One process that is measured, with one library: `node --expose-gc sdk-subject.mjs <library> <what> <url> <sdk>`, where the
 * last one is the file of the SDK as it is published. It loads nothing but the library.
 */
import type { Span } from "@opentelemetry/api";

import type * as Sdk from "../../packages/sdk/src/index.ts";

export interface SdkFigures {
  [name: string]: number;
}

interface Subject {
  /** One traced operation of an agent around `fn`. */
  operation<T>(fn: () => T): T;
  /** Begins a trace that goes on. */
  begin(index: number): unknown;
  flush(): Promise<unknown>;
}

const [, , library = "", what = "", url = "", sdk = ""] = process.argv;
const importSdk = () => import(sdk) as Promise<typeof Sdk>;
const ROUNDS = 9;

const none: Subject = { operation: (fn) => fn(), begin: () => ({}), flush: async () => {} };

async function fleetlight(): Promise<Subject> {
  const { createMonitoring } = await importSdk();
  const monitoring = createMonitoring({ url, service: "bench", register: false });
  return {
    operation: (fn) => monitoring.traceAgentOperation("writer", "draft", fn),
    begin: (index) =>
      monitoring.startWorkflow({ id: `workflow-${index}`, type: "research", agents: ["writer"] }),
    flush: () => monitoring.flush(),
  };
}

/** The same attributes as ours, recorded by OpenTelemetry's own SDK. */
async function openTelemetry(): Promise<Subject> {
  const { context, trace } = await import("@opentelemetry/api");
  const { AsyncLocalStorageContextManager } = await import("@opentelemetry/context-async-hooks");
  const { OTLPTraceExporter } = await import("@opentelemetry/exporter-trace-otlp-proto");
  const { BatchSpanProcessor, TracerProvider } = await import("@opentelemetry/sdk-trace");
  const processor = new BatchSpanProcessor({
    exporter: new OTLPTraceExporter({ url: `${url}/v1/traces` }),
    maxQueueSize: 8192,
    scheduledDelayMillis: 500,
  });
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [processor] }));
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const tracer = trace.getTracer("bench");
  const attributes = {
    "gen_ai.operation.name": "invoke_agent",
    "gen_ai.agent.name": "writer",
    "fleetlight.agent": "writer",
  };
  return {
    operation: (fn) =>
      tracer.startActiveSpan("draft", { attributes }, (span: Span) => {
        const result = fn();
        if (!(result instanceof Promise)) {
          span.end();
          return result;
        }
        return result.finally(() => span.end()) as typeof result;
      }),
    begin: (index) => {
      const span = tracer.startSpan("workflow research", {
        attributes: {
          "fleetlight.operation": "workflow",
          "fleetlight.workflow.id": `workflow-${index}`,
          "fleetlight.workflow.type": "research",
          "fleetlight.workflow.agents": ["writer"],
        },
      });
      return { span, context: trace.setSpan(context.active(), span) };
    },
    flush: () => processor.forceFlush(),
  };
}

const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Nanoseconds of one call, the median of several rounds. */
function timed(calls: number, call: () => void): number {
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    for (let index = 0; index < calls; index++) call();
    rounds.push(((performance.now() - start) * 1e6) / calls);
  }
  return median(rounds);
}

async function counters(): Promise<SdkFigures> {
  if (library === "prom-client") {
    const { Counter } = await import("prom-client");
    const counter = new Counter({
      name: "calls_total",
      help: "h",
      labelNames: ["method", "status"],
    });
    const child = counter.labels("GET", "200");
    return {
      child: timed(1e6, () => child.inc()),
      labels: timed(2e5, () => counter.inc({ method: "GET", status: "200" })),
    };
  }
  const { createRegistry } = await importSdk();
  const counter = createRegistry().counter({
    name: "calls_total",
    help: "h",
    labelNames: ["method", "status"],
  });
  const child = counter.with({ method: "GET", status: "200" });
  return {
    child: timed(1e6, () => child.inc()),
    labels: timed(2e5, () => counter.inc({ method: "GET", status: "200" })),
  };
}

let sink = 0;
const work = (): number => sink++;

/** What one operation costs its host: what is recorded, without what is sent afterwards. */
async function operations(subject: Subject): Promise<SdkFigures> {
  const sync: number[] = [];
  const asynchronous: number[] = [];
  const burst = 4000;
  for (let round = 0; round < ROUNDS + 3; round++) {
    let start = performance.now();
    for (let index = 0; index < burst; index++) subject.operation(work);
    sync.push(((performance.now() - start) * 1e3) / burst);
    await subject.flush();
    start = performance.now();
    for (let index = 0; index < burst; index++) await subject.operation(async () => work());
    asynchronous.push(((performance.now() - start) * 1e3) / burst);
    await subject.flush();
  }
  return { sync: median(sync.slice(3)), async: median(asynchronous.slice(3)) };
}

function collectGarbage(): number {
  for (let round = 0; round < 3; round++) globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

async function memory(subject: Subject): Promise<SdkFigures> {
  const count = 9000;
  for (let index = 0; index < 500; index++) subject.begin(index);
  await subject.flush();
  const before = collectGarbage();
  const kept = Array.from({ length: count }, (_, index) => subject.begin(1000 + index));
  await subject.flush();
  const bytes = (collectGarbage() - before) / kept.length;
  return { bytes };
}

// V8 goes on compiling for ten seconds at this rate.
const WARM_UP_MS = 12_000;
const MEASURED_MS = 10_000;

/** A thousand operations each second, as an agent's process would have them, with all that is sent of them. */
async function thousandPerSecond(subject: Subject, durationMs: number): Promise<void> {
  const start = performance.now();
  let done = 0;
  while (performance.now() - start < durationMs) {
    const due = Math.floor(performance.now() - start);
    for (; done < due; done++) void subject.operation(async () => work());
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function load(subject: Subject): Promise<SdkFigures> {
  // What is loaded and compiled at the beginning is not what it costs to go on.
  await thousandPerSecond(subject, WARM_UP_MS);
  const cpu = process.cpuUsage();
  const start = performance.now();
  await thousandPerSecond(subject, MEASURED_MS);
  const spent = process.cpuUsage(cpu);
  const seconds = (performance.now() - start) / 1000;
  collectGarbage();
  return {
    cpuPercent: ((spent.user + spent.system) / 1e6 / seconds) * 100,
    residentBytes: process.memoryUsage().rss,
  };
}

const subjects: Record<string, () => Promise<Subject>> = {
  none: async () => none,
  fleetlight,
  opentelemetry: openTelemetry,
};
const kinds: Record<string, (subject: Subject) => Promise<SdkFigures>> = {
  operations,
  memory,
  load,
};

const figures =
  what === "counters"
    ? await counters()
    : await (kinds[what] ?? load)(await (subjects[library] ?? subjects["none"] ?? fleetlight)());
process.stdout.write(JSON.stringify(figures), () => process.exit(0));
