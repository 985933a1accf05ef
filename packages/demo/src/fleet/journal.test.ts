import { expect, it, vi } from "vitest";

import { PLANS } from "../scenarios.ts";
import { startFleet } from "./fleet.ts";
import { Journal } from "./journal.ts";
import { agentWork, Tracer } from "./tracer.ts";

interface Line {
  service: string;
  level: string;
  msg: string;
  trace_id?: string;
  span_id?: string;
}

/** Lines as a server gets them. */
function receiver() {
  const lines: Line[] = [];
  const send = async (body: string) => {
    for (const line of body.split("\n")) lines.push(JSON.parse(line) as Line);
  };
  return { lines, send };
}

it("lines have the ids of the trace that they were written in", async () => {
  const { lines, send } = receiver();
  const tracer = new Tracer(async () => {});
  const journal = new Journal(tracer, send);
  journal.write("a", "info", "outside of any trace\nwith a second line", { port: 80 });
  await tracer.begin(agentWork("a", "lead"), async () => journal.write("a", "warn", "within"));
  await journal.stop();
  await tracer.stop();
  expect(lines).toEqual([
    expect.objectContaining({ level: "info", msg: "outside of any trace\nwith a second line" }),
    expect.objectContaining({
      level: "warn",
      trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      span_id: expect.stringMatching(/^[0-9a-f]{16}$/),
    }),
  ]);
  expect(lines[0]).not.toHaveProperty("trace_id");
});

it("lines that cannot be sent are lost, and there is an end to those that wait", async () => {
  const bodies: string[] = [];
  const tracer = new Tracer();
  const journal = new Journal(tracer, async (body) => {
    bodies.push(body);
    throw new Error("away");
  });
  for (let line = 0; line < 5000; line++) journal.write("a", "info", "many");
  await expect(journal.flush()).resolves.toBeUndefined();
  await journal.stop();
  expect(bodies.map((body) => body.split("\n").length)).toEqual([2000]);
});

it("the fleet writes what it does, and what fails", async () => {
  const { lines, send } = receiver();
  const load = { ...PLANS.calm.load, baseRate: 8, peakRate: 8 };
  const fleet = await startFleet({
    plan: { load, outage: { firstMs: 500, lastsMs: 5000, everyMs: 60_000 } },
    ports: "free",
    onMessage: () => {},
    sendSpans: async () => {},
    sendLines: send,
  });
  try {
    await vi.waitFor(
      () => {
        expect(lines).toContainEqual(
          expect.objectContaining({ service: "memory-manager", level: "info" }),
        );
        expect(lines).toContainEqual(
          expect.objectContaining({ service: "workflow-engine", level: "error" }),
        );
        const linked = lines.filter(({ trace_id }) => trace_id !== undefined);
        expect(linked.map(({ service }) => service)).toContain("workflow-engine");
      },
      { timeout: 15_000, interval: 200 },
    );
  } finally {
    await fleet.stop();
  }
}, 30_000);
