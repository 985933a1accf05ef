import type { OutagePlan } from "../scenarios.ts";
import type { DemoService, Fault } from "./service.ts";

/** What breaks, one after the other; the reasons are what /health then says. */
const FAULTS: readonly { id: string; fault: Fault }[] = [
  {
    id: "memory-manager",
    fault: { kind: "unhealthy", reason: "the memory index is locked by a stuck compaction" },
  },
  { id: "ai-model-service", fault: { kind: "closed", reason: "the model process was killed" } },
  {
    id: "websocket-service",
    fault: { kind: "unhealthy", reason: "the message bus ran out of connections" },
  },
  {
    id: "knowledge-manager",
    fault: { kind: "closed", reason: "the document store is restarting" },
  },
  {
    id: "langchain-integration",
    fault: { kind: "unhealthy", reason: "the tool registry cannot be loaded" },
  },
];

/** Breaks and mends one service after the other, on a plan. */
export class Breaker {
  readonly #peers: ReadonlyMap<string, DemoService>;
  readonly #plan: OutagePlan;
  readonly #onMessage: (text: string) => void;
  #timer: NodeJS.Timeout | null = null;
  #round = 0;

  constructor(
    peers: ReadonlyMap<string, DemoService>,
    plan: OutagePlan,
    onMessage: (text: string) => void,
  ) {
    this.#peers = peers;
    this.#plan = plan;
    this.#onMessage = onMessage;
  }

  start(): void {
    this.#after(this.#plan.firstMs, () => this.#break());
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #after(ms: number, run: () => Promise<void>): void {
    this.#timer = setTimeout(() => void run(), ms);
  }

  async #break(): Promise<void> {
    const { id, fault } = FAULTS[this.#round++ % FAULTS.length] ?? {};
    const service = id === undefined ? undefined : this.#peers.get(id);
    if (service === undefined || fault === undefined) return;
    this.#after(this.#plan.lastsMs, () => this.#mend(service));
    const how = fault.kind === "closed" ? "its port is closed" : "/health answers 503";
    this.#onMessage(`${service.id} breaks (${how}): ${fault.reason}`);
    await service.break(fault);
  }

  async #mend(service: DemoService): Promise<void> {
    this.#after(this.#plan.everyMs - this.#plan.lastsMs, () => this.#break());
    await service.recover();
    this.#onMessage(`${service.id} works again`);
  }
}
