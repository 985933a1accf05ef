import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { quietOptions, TestStores } from "../fixture.ts";
import type { TelemetryStore } from "../types.ts";
import { activity } from "./fixture.ts";
import type { Activity, Figures, FiguresQuery } from "./types.ts";

const HOUR_MS = 3_600_000;
const NOW_MS = 1_780_318_800_000;
const START_MS = NOW_MS - HOUR_MS;
const SECOND = 1_000_000;
/** Microseconds so many seconds after the range began. */
const at = (seconds: number): number => START_MS * 1000 + seconds * SECOND;

const hour = { startMs: START_MS, endMs: NOW_MS };
const everyone: FiguresQuery = { ...hour, by: "all" };

/** Work of ten agents by a small generator of numbers, with all kinds, overlaps, and things at the edges of the range. */
function fleet(): Activity[] {
  let state = 7;
  const random = (below: number): number => (state = (state * 48_271) % 2_147_483_647) % below;
  const kinds: Activity["kind"][] = [
    ...([
      "task",
      "run",
      "step",
      "model",
      "tool",
      "workflow",
      "conflict",
      "wait",
      "message",
    ] as const),
  ];
  return Array.from({ length: 2000 }, () => {
    const kind = kinds[random(kinds.length)] as Activity["kind"];
    const agent = random(20) === 0 ? "" : `agent-${random(10)}`;
    return activity({
      kind: kind === "task" && agent > "agent-5" ? "run" : kind,
      traceId: random(100).toString(16).padStart(32, "0"),
      agent,
      agents: kind === "conflict" ? [`agent-${random(5)}`, `agent-${5 + random(5)}`] : [],
      workflow: random(3) === 0 ? "" : `workflow-${random(4)}`,
      conversation: random(3) === 0 ? `conversation-${random(6)}` : "",
      type: `type-${random(3)}`,
      endUs: at(random(3 * 3600) - 3600) + random(SECOND),
      durationUs: random(900 * SECOND),
      failed: random(4) === 0,
      quality: random(2) === 0 ? -1 : random(100) / 100,
      rounds: random(5),
      inputTokens: random(1000),
      outputTokens: random(100),
      costUsd: random(100) / 128,
      priced: random(2) === 0,
    });
  });
}

describe.each(["memory", "chdb"] as const)("activities in %s", (kind) => {
  const stores = new TestStores(quietOptions(NOW_MS));
  let store: TelemetryStore;

  beforeEach(async () => {
    store = await stores.open(kind);
  });
  afterEach(() => stores.remove());

  const append = (...activities: Activity[]) => store.activities.append("default", activities);
  const one = async (query: Partial<FiguresQuery> = {}): Promise<Figures> => {
    const [found] = await store.activities.figures("default", { ...everyone, ...query });
    if (found === undefined) throw new Error("nothing was found");
    return found;
  };

  it("counts what ended in the range, and what began in it", async () => {
    await append(
      activity({ endUs: at(-1) }),
      activity({ endUs: at(0), quality: 0.5 }),
      activity({ endUs: at(10), failed: true, quality: 1 }),
      activity({ endUs: at(3599.999999), durationUs: 3 * SECOND }),
      activity({ endUs: at(3600), durationUs: 2 * SECOND }),
    );
    expect(await one()).toMatchObject({
      hasTasks: true,
      started: 3,
      ended: 3,
      failed: 1,
      errors: 1,
      qualitySum: 1.5,
      qualityCount: 2,
      durationP50Us: SECOND,
      durationP95Us: 2.8 * SECOND,
      durationSumUs: 5 * SECOND,
      lastUs: at(3599.999999),
    });
  });

  it("takes runs for tasks only of agents without tasks", async () => {
    await append(
      activity({ endUs: at(1) }),
      activity({ endUs: at(2), kind: "run" }),
      activity({ endUs: at(3), kind: "run", agent: "reader" }),
    );
    expect(await one()).toMatchObject({ ended: 2 });
    const agents = await store.activities.figures("default", { ...hour, by: "agent" });
    expect(agents.map(({ key, ended, hasTasks }) => [key, ended, hasTasks])).toEqual([
      ["reader", 1, false],
      ["writer", 1, true],
    ]);
  });

  it("counts time that overlaps once, and work that goes on up to now", async () => {
    await append(
      activity({ endUs: at(10), durationUs: 10 * SECOND }),
      activity({ endUs: at(15), durationUs: 10 * SECOND, kind: "model" }),
      activity({ endUs: at(12), durationUs: 1 * SECOND, kind: "tool" }),
      activity({ endUs: at(30), durationUs: 20 * SECOND, kind: "wait" }),
      activity({ endUs: at(5), durationUs: 15 * SECOND, agent: "reader" }),
    );
    expect(await one({ agent: "writer" })).toMatchObject({
      busyUs: 15 * SECOND,
      coordinationUs: 20 * SECOND,
      engagedUs: 30 * SECOND,
      agents: 1,
    });
    expect(await one()).toMatchObject({ busyUs: 20 * SECOND, agents: 2 });
    const open = [
      { agent: "writer", workflow: "", startUs: at(3590) },
      { agent: "writer", workflow: "", startUs: at(3595) },
    ];
    expect(await one({ open })).toMatchObject({ busyUs: 30 * SECOND });
  });

  it("counts a conflict for all who were in it, and its time only when it was resolved", async () => {
    const conflict = { kind: "conflict", agent: "", agents: ["a", "b"], endUs: at(60) } as const;
    await append(
      activity({ ...conflict, durationUs: 30 * SECOND, rounds: 3 }),
      activity({ ...conflict, durationUs: 50 * SECOND, rounds: 5, failed: true }),
    );
    expect(await one()).toMatchObject({
      conflicts: 2,
      resolved: 1,
      resolutionSumUs: 30 * SECOND,
      resolutionP95Us: 30 * SECOND,
      roundsSum: 8,
      coordinationUs: 100 * SECOND,
    });
    const agents = await store.activities.figures("default", { ...hour, by: "agent" });
    expect(agents.map(({ key, conflicts }) => [key, conflicts])).toEqual([
      ["a", 2],
      ["b", 2],
    ]);
    expect(await one({ by: "agent", agent: "b" })).toMatchObject({ key: "b", conflicts: 2 });
  });

  it("takes the latest of a span, and nothing of other tenants", async () => {
    const early = activity({ endUs: at(1), agent: "", inputTokens: 7 });
    await append(early);
    await append({ ...early, agent: "writer", inputTokens: 0 });
    await store.activities.append("other", [activity({ endUs: at(1), agent: "foreign" })]);
    expect(await one()).toMatchObject({ ended: 1, inputTokens: 0, agents: 1 });
    expect(await store.activities.known("default", 10)).toEqual(
      // What it was before may still be there, but it had no agent.
      [{ agent: "writer", firstMs: START_MS, lastMs: START_MS + 1000 }],
    );
  });

  it("answers in cells by time, kind, type and class of duration", async () => {
    await append(
      activity({ endUs: at(1), type: "a", durationUs: 1000 }),
      activity({ endUs: at(2), type: "a", durationUs: 1001, failed: true, costUsd: 0.5 }),
      activity({ endUs: at(61), type: "a", durationUs: 4000 }),
      activity({ endUs: at(61), agent: "reader" }),
    );
    const cells = await store.activities.cells("default", {
      ...hour,
      stepMs: 60_000,
      agent: "writer",
    });
    expect(cells).toEqual([
      expect.objectContaining({
        timeMs: START_MS,
        kind: "task",
        type: "a",
        durationClass: 79,
        count: 2,
        failed: 1,
        durationSumUs: 2001,
        costUsd: 0.5,
      }),
      expect.objectContaining({ timeMs: START_MS + 60_000, durationClass: 95, count: 1 }),
    ]);
  });

  it("finds conversations by what is in them", async () => {
    const said = { conversation: "c-1", kind: "model" } as const;
    await append(
      activity({ ...said, endUs: at(1), traceId: "a".repeat(32), inputTokens: 5 }),
      activity({ ...said, endUs: at(9), traceId: "b".repeat(32), agent: "Reader" }),
      activity({ ...said, endUs: at(5), conversation: "c-2", workflow: "billing" }),
      activity({ endUs: at(5) }),
    );
    const find = async (query = {}) =>
      store.activities.conversations("default", { ...hour, limit: 10, ...query });
    expect(await find()).toMatchObject([
      {
        conversation: "c-1",
        firstUs: at(0),
        lastUs: at(9),
        traces: 2,
        traceIds: ["b".repeat(32), "a".repeat(32)],
        agents: ["Reader", "writer"],
        modelCalls: 2,
        inputTokens: 5,
      },
      { conversation: "c-2" },
    ]);
    expect((await find({ text: "READ" })).map((found) => found.conversation)).toEqual(["c-1"]);
    expect((await find({ text: "bill" })).map((found) => found.conversation)).toEqual(["c-2"]);
    expect((await find({ agent: "Reader" })).map((found) => found.conversation)).toEqual(["c-1"]);
    expect(await find({ text: "'); DROP TABLE activities; --" })).toEqual([]);
  });

  it("keeps texts that look like statements as they are", async () => {
    const agent = "a'\\ \n\n{x:String}; DROP TABLE activities";
    await append(activity({ endUs: at(1), agent }));
    expect(await one({ by: "agent", agent })).toMatchObject({ key: agent, ended: 1 });
    const open = [{ agent, workflow: "w'", startUs: at(3599) }];
    expect(await one({ by: "agent", agent, open })).toMatchObject({ busyUs: 2 * SECOND });
  });
});

describe("memory and chdb", () => {
  it.each([
    ["row by row", { ...hour }],
    ["summed up", { ...hour }],
    ["summed up", { startMs: START_MS - HOUR_MS / 2, endMs: NOW_MS - 600_000 }],
    ["summed up", { startMs: START_MS - HOUR_MS, endMs: NOW_MS + HOUR_MS }],
    ["summed up, with more that came late", { startMs: START_MS - HOUR_MS, endMs: NOW_MS - 1 }],
  ])("agree on everything, %s, %o", async (how, hour) => {
    const later = quietOptions(NOW_MS + 2 * HOUR_MS);
    const both = [new TestStores(later), new TestStores(later)] as const;
    const [memory, chdb] = [await both[0].open("memory"), await both[1].open("chdb")];
    try {
      const activities = fleet();
      const late = how.includes("late") ? 1000 : activities.length;
      const append = async (some: Activity[]) => {
        for (const store of [memory, chdb]) await store.activities.append("default", some);
      };
      await append(activities.slice(0, late));
      if (how !== "row by row") await chdb.rollUp();
      // Some of one hour only: the others still count as they were summed up.
      const first = ({ endUs }: Activity) => endUs < at(0);
      await append(activities.slice(late).filter((one) => first(one)));
      if (late < activities.length)
        await append(
          activities
            .slice(late)
            .filter((one) => !first(one))
            .map((one) => ({ ...one, endUs: (one.endUs % SECOND) + at(7000) })),
        );
      const open = [
        { agent: "agent-1", workflow: "workflow-1", startUs: at(3000) },
        { agent: "agent-77", workflow: "", startUs: at(-60) },
      ];
      const close = (figures: Figures[]) =>
        figures.map((one) => ({
          ...one,
          costUsd: 0,
          qualitySum: Math.round(one.qualitySum * 1e6),
        }));
      for (const query of (["agent", "workflow", "all"] as const).flatMap((by) => [
        { ...hour, by },
        { ...hour, by, open },
        { ...hour, by, agent: "agent-1", open },
        { ...hour, by, workflow: "workflow-1", open },
      ])) {
        const [a, b] = await Promise.all([
          memory.activities.figures("default", query),
          chdb.activities.figures("default", query),
        ]);
        expect(close(b), JSON.stringify(query)).toEqual(close(a));
        expect(a.length).toBeGreaterThan(0);
      }
      const cells = { ...hour, stepMs: 300_000, agent: "agent-3" };
      expect(await chdb.activities.cells("default", cells)).toEqual(
        await memory.activities.cells("default", cells),
      );
      const ended = async (store: TelemetryStore) =>
        (await store.activities.ended("default", { ...hour, stepMs: 300_000 })).toSorted((a, b) =>
          JSON.stringify(a) < JSON.stringify(b) ? -1 : 1,
        );
      expect(await ended(chdb)).toEqual(await ended(memory));
      const hourly = async (store: TelemetryStore, agent?: string) =>
        (await store.activities.ended("default", { ...hour, stepMs: HOUR_MS, agent })).toSorted(
          (a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1),
        );
      expect(await hourly(chdb)).toEqual(await hourly(memory));
      expect(await hourly(chdb, "agent-3")).toEqual(await hourly(memory, "agent-3"));
      expect((await ended(memory)).length).toBeGreaterThan(50);
      const conversations = { ...hour, limit: 3, agent: "agent-3" };
      expect(await chdb.activities.conversations("default", conversations)).toEqual(
        await memory.activities.conversations("default", conversations),
      );
    } finally {
      for (const one of both) await one.remove();
    }
  });
});
