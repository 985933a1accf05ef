import { afterEach, describe, expect, it } from "vitest";

import { startCollector } from "../fixture.ts";
import type { Collector } from "../fixture.ts";
import { BudgetExceeded, createMonitoring } from "./index.ts";
import type { CheckpointOptions } from "./index.ts";

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

type Mode = "go on" | "stop" | "hang" | "fail" | "nonsense";

/** A server that answers checkpoints as a test wants. */
async function start(options: CheckpointOptions = {}) {
  const state: { mode: Mode } = { mode: "go on" };
  const server: Collector = await startCollector(({ path }, response) => {
    if (!path.startsWith("/api/v1/checkpoint")) return false;
    if (state.mode === "hang") return true;
    const reasons = [{ kind: "budget", id: "daily", message: "the daily budget is spent" }];
    const answer = state.mode === "stop" ? { continue: false, reasons } : { continue: true };
    response.writeHead(state.mode === "fail" ? 500 : 200, { "content-type": "application/json" });
    response.end(state.mode === "nonsense" ? "<html>" : JSON.stringify(answer));
    return true;
  });
  const fleet = createMonitoring({
    url: server.url,
    service: "crew",
    register: false,
    checkpoints: options,
  });
  stops.push(server.stop, () => fleet.shutdown({ timeoutMs: 50 }));
  const asked = (): string[] =>
    server.requests
      .filter(({ path }) => path.startsWith("/api/v1/checkpoint"))
      .map(({ path }) => path);
  return { fleet, state, asked };
}

describe("a checkpoint", () => {
  it("asks for the work around it", async () => {
    const { fleet, asked } = await start();
    const workflow = fleet.startWorkflow({ id: "w1", conversation: "c1" });
    await workflow.run(() =>
      fleet.traceAgentOperation("writer", "draft", () => fleet.checkpoint({ user: "ann" })),
    );
    const query = new URL(asked()[0] ?? "", "http://host").searchParams;
    expect(Object.fromEntries(query)).toEqual({
      agent: "writer",
      conversation: "c1",
      user: "ann",
      workflow: "w1",
      trace_id: workflow.traceId,
    });
  });

  it("asks once for a while, also when many ask at once", async () => {
    const { fleet, asked } = await start();
    await Promise.all(Array.from({ length: 50 }, () => fleet.checkpoint({ agent: "a" })));
    await fleet.checkpoint({ agent: "a" });
    expect(asked()).toHaveLength(1);
    await fleet.checkpoint({ agent: "b" });
    await fleet.checkpoint({ agent: "a" }, { cacheMs: 0 });
    expect(asked().length).toBeGreaterThanOrEqual(2);
  });

  it("throws when the server says to stop, with the reasons", async () => {
    const { fleet, state } = await start();
    state.mode = "stop";
    const thrown = await fleet.checkpoint({ agent: "a" }).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(BudgetExceeded);
    expect(thrown).toMatchObject({
      code: "budget_exceeded",
      message: "the daily budget is spent",
      checkpoint: { continue: false, reasons: [{ id: "daily" }] },
    });
  });

  it("answers instead, where that is wanted", async () => {
    const { fleet, state } = await start({ onStop: "return" });
    state.mode = "stop";
    expect(await fleet.checkpoint()).toMatchObject({ continue: false, asked: true });
  });

  it.each(["hang", "fail", "nonsense"] as const)(
    "lets work go on when the server does this: %s",
    async (mode) => {
      const { fleet, state, asked } = await start({ timeoutMs: 50, cacheMs: 0 });
      state.mode = mode;
      expect(await fleet.checkpoint()).toMatchObject({ continue: true, asked: false });
      // It is not asked again in each turn of a loop.
      expect(await fleet.checkpoint()).toMatchObject({ continue: true, asked: false });
      expect(asked()).toHaveLength(1);
      expect(fleet.stats().checkpoints.unanswered).toBe(1);
    },
  );

  it("does not lift a limit because the server went away", async () => {
    const { fleet, state } = await start({ timeoutMs: 50, cacheMs: 0, onStop: "return" });
    state.mode = "stop";
    expect((await fleet.checkpoint()).continue).toBe(false);
    state.mode = "hang";
    expect((await fleet.checkpoint()).continue).toBe(false);
  });
});
