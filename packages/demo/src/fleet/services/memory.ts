import { InvertedIndex } from "../brains/inverted-index.ts";
import { textField } from "../service.ts";
import type { DemoService } from "../service.ts";
import { toolCall } from "../tracer.ts";

/** Memories kept; the oldest are forgotten first. */
const MAX_MEMORIES = 1000;
const MAX_HITS = 5;

const LOOKUP_BUCKETS = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01];

/** What the knowledge manager knows: how this very fleet works. */
const DOCUMENTS: readonly string[] = [
  "The coordinator assigns each task to one agent and queues tasks while all agents are busy.",
  "When the queue is full the coordinator sheds load: new tasks are refused with status 429.",
  "The designer picks an agent for a capability by its success so far, and tries others now and then.",
  "The model service classifies support requests as billing, outage, feature or account.",
  "A refund follows an invoice that was charged twice; check the payment and the receipt first.",
  "A timeout or a crash of a service makes its health check fail and raises an alert.",
  "An alert fires when a service is down, and resolves when its health check passes again.",
  "The chain plans an arithmetic expression into steps and calls one tool for every step.",
  "The memory manager remembers results of workflows and forgets the oldest when it is full.",
  "The replay debugger keeps recent events and repeats one to see whether the answer has changed.",
  "The orchestrator trains a policy by trial and reward; its loss falls until a new session starts.",
  "Password and login problems belong to the account team; invite and role changes as well.",
  "To export a theme or add a shortcut, file a feature wish with the product team.",
  "Latency grows with the depth of the queue: watch both before users notice.",
];

function timed<T>(observe: (seconds: number) => void, run: () => T): T {
  const start = performance.now();
  const answer = run();
  observe((performance.now() - start) / 1000);
  return answer;
}

/** Remembers texts and finds them again by their words. */
export function memoryManager(service: DemoService): void {
  const { registry } = service;
  const index = new InvertedIndex(MAX_MEMORIES);
  registry
    .gauge({ name: "memory_items", help: "Memories kept." })
    .collect((gauge) => gauge.set(index.size));
  registry
    .counter({ name: "memory_evictions_total", help: "Memories forgotten for want of room." })
    .collect((counter) => counter.setTotal(index.evicted));
  const lookups = registry.counter({
    name: "memory_lookups_total",
    help: "Look-ups, by whether anything was found.",
    labelNames: ["outcome"],
  });
  const errors = registry.counter({ name: "memory_errors_total", help: "Refused requests." });
  const duration = registry.histogram({
    name: "memory_lookup_duration_seconds",
    help: "Time to search the index.",
    buckets: LOOKUP_BUCKETS,
  });
  const counted = <T>(run: () => T): T => {
    try {
      return run();
    } catch (error) {
      errors.inc();
      throw error;
    }
  };
  const tooled = <T>(tool: string, run: () => T): Promise<T> =>
    service.context.tracer.run(toolCall(service.id, tool), () => counted(run));
  service.route("/remember", (body) =>
    tooled("remember", () => {
      index.add(textField(body, "id"), textField(body, "text"));
      return { remembered: true, items: index.size };
    }),
  );
  service.route("/recall", (body) =>
    tooled("recall", () => {
      const query = textField(body, "query");
      const hits = timed(
        (seconds) => duration.observe(seconds),
        () => index.search(query, MAX_HITS),
      );
      lookups.inc({ outcome: hits.length > 0 ? "hit" : "miss" });
      return { hits };
    }),
  );
}

/** Searches a fixed set of documents. */
export function knowledgeManager(service: DemoService): void {
  const { registry } = service;
  const index = new InvertedIndex(DOCUMENTS.length);
  DOCUMENTS.forEach((text, at) => index.add(`doc-${at + 1}`, text));
  registry.gauge({ name: "knowledge_documents", help: "Documents." }).set(index.size);
  registry
    .gauge({ name: "knowledge_terms", help: "Different words in documents." })
    .set(index.terms);
  const searches = registry.counter({
    name: "knowledge_searches_total",
    help: "Searches, by whether anything was found.",
    labelNames: ["outcome"],
  });
  const duration = registry.histogram({
    name: "knowledge_search_duration_seconds",
    help: "Time to search the documents.",
    buckets: LOOKUP_BUCKETS,
  });
  service.route("/search", async (body) => {
    const query = textField(body, "query");
    const hits = await service.context.tracer.run(toolCall(service.id, "search_knowledge"), () =>
      timed(
        (seconds) => duration.observe(seconds),
        () => index.search(query, MAX_HITS),
      ),
    );
    searches.inc({ outcome: hits.length > 0 ? "hit" : "miss" });
    return { hits };
  });
}
