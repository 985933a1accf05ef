import { FindingKind } from "@fleetlight/contract";
import type { Counter, Registry } from "@fleetlight/sdk";

import type { Now } from "#lib";

import type { Figures } from "./figures.ts";
import type { FindingBook } from "./finding-book.ts";

interface Sources {
  book: FindingBook;
  figures: Figures;
  now: Now;
}

export interface CoordinationSeries {
  found: Counter<"kind">;
}

/** Coordination of one tenant as series, which rules look at. */
export function defineCoordinationSeries(
  registry: Registry,
  { book, figures, now }: Sources,
): CoordinationSeries {
  const found = registry.counter({
    name: "fleetlight_coordination_findings_total",
    help: "Findings about agents that began.",
    labelNames: ["kind"],
  });
  const open = registry.gauge({
    name: "fleetlight_coordination_findings_open",
    help: "Findings about agents that are not over.",
    labelNames: ["kind"],
  });
  const waits = registry.counter({
    name: "fleetlight_coordination_wait_seconds_total",
    help: "Time that agents waited for one another, of waits that are over.",
    labelNames: ["agent", "peer"],
  });
  const share = registry.gauge({
    name: "fleetlight_coordination_duplicated_work_share",
    help: "Share of the tasks and tool calls of the last hour that another agent had done.",
  });
  const rounds = registry.histogram({
    name: "fleetlight_coordination_rounds",
    help: "Exchanges of views until a conflict was resolved or two agents fell silent.",
    buckets: [1, 2, 3, 5, 10, 20, 50, 100],
  });
  const waiting = registry.gauge({
    name: "fleetlight_coordination_waiting_seconds",
    help: "How long an agent has been waiting for another one by now.",
    labelNames: ["agent"],
  });
  for (const kind of FindingKind.options) found.with({ kind });
  figures.onRounds = (count) => rounds.observe(count);
  registry.collect(() => {
    const counts = book.openByKind();
    for (const kind of FindingKind.options) open.set({ kind }, counts.get(kind) ?? 0);
    for (const { agent, peer, seconds } of figures.waits.values())
      waits.setTotal({ agent, peer }, seconds);
    share.set(figures.duplicatedShare(now()) ?? 0);
    waiting.clear();
    for (const [agent, seconds] of figures.waiting) waiting.set({ agent }, seconds);
  });
  return { found };
}
