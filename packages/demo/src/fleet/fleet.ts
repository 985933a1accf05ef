import { readCatalogue } from "../catalogue.ts";
import type { ScenarioPlan } from "../scenarios.ts";
import { createAgent } from "./ask.ts";
import { Breaker } from "./breaker.ts";
import { Journal, type SendLines } from "./journal.ts";
import { seededRandom } from "./random.ts";
import { DemoService } from "./service.ts";
import { Tracer, type SendSpans } from "./tracer.ts";
import { SERVICES } from "./services/index.ts";

export type FleetOptions = {
  plan: ScenarioPlan;
  /** `catalogue` tries the catalogue's ports first; `free` takes free ones at once. */
  ports: "catalogue" | "free";
  /** Told what breaks and what works again. */
  onMessage: (text: string) => void;
  seed?: number;
  /** Where spans go; without it none are made. */
  sendSpans?: SendSpans | undefined;
  /** Where lines of logs go; without it none are kept. */
  sendLines?: SendLines | undefined;
  /** Milliseconds; the monotonic clock when left out. */
  now?: () => number;
};

export type Fleet = {
  readonly services: readonly DemoService[];
  /** Closes every server, socket and timer. */
  stop(): Promise<void>;
};

/** Starts the twelve services in this process, then their load and, if the plan has one, their outages. */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const peers = new Map<string, DemoService>();
  const agent = createAgent();
  const tracer = new Tracer(options.sendSpans);
  const context = {
    peers,
    agent,
    random: seededRandom(options.seed ?? 1),
    tracer,
    journal: new Journal(tracer, options.sendLines),
    now: options.now ?? (() => performance.now()),
  };
  for (const entry of readCatalogue()) peers.set(entry.id, new DemoService(entry, context));
  const services = [...peers.values()];
  const stop = async () => {
    breaker?.stop();
    await Promise.all(services.map((service) => service.stop()));
    await Promise.all([context.tracer.stop(), context.journal.stop()]);
    agent.destroy();
  };
  const breaker =
    options.plan.outage === null
      ? null
      : new Breaker(peers, options.plan.outage, options.onMessage);
  try {
    for (const service of services) {
      await service.listen(options.ports === "free" ? 0 : service.entry.port);
      if (service.entry.port !== Number(new URL(service.url).port) && options.ports !== "free") {
        options.onMessage(
          `port ${service.entry.port} is taken: ${service.id} is at ${service.url}`,
        );
      }
    }
  } catch (error) {
    await stop();
    throw error;
  }
  for (const service of services) SERVICES[service.id]?.(service, options.plan.load);
  breaker?.start();
  return { services, stop };
}
