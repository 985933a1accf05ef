import { isoTime } from "#lib";
import { expect, it } from "vitest";

import { T0, attempt, delivery } from "./battery-fixtures.ts";
import type { StateStore } from "./types.ts";

export function outboxCases(state: () => StateStore): void {
  it("keeps the first delivery under a key", async () => {
    await state().alerts.transition([], [delivery("k1")]);
    await state().alerts.transition([], [delivery("k1", { body: "another" }), delivery("k2")]);
    expect(await state().outbox.body("k1")).toBe('{"key":"k1"}');
    expect(await state().outbox.body("nothing")).toBeUndefined();
  });

  it("lists undelivered notifications, oldest first, until they are delivered or failed", async () => {
    await state().alerts.transition(
      [],
      [
        delivery("new", { createdAtMs: T0 + 9 }),
        delivery("old"),
        delivery("bad"),
        delivery("gone"),
      ],
    );
    await state().outbox.record("old", attempt(false, "answered 503 \u0000"), {
      state: "pending",
      nextAttemptAtMs: T0 + 1005,
    });
    await state().outbox.record("bad", attempt(false), { state: "failed", nextAttemptAtMs: null });
    await state().outbox.record("gone", attempt(true), {
      state: "delivered",
      nextAttemptAtMs: null,
    });
    const pending = await state().outbox.pending(10);
    expect(pending.map((one) => [one.key, one.nextAttemptAtMs, one.attempts])).toEqual([
      ["old", T0 + 1005, 1],
      ["new", T0 + 9, 0],
    ]);
    expect(await state().outbox.counts()).toEqual({ pending: 2, failed: 1, oldestPendingMs: T0 });
    expect(await state().outbox.stateOf("bad")).toBe("failed");
  });

  it("counts an empty outbox", async () => {
    expect(await state().outbox.counts()).toEqual({ pending: 0, failed: 0, oldestPendingMs: null });
  });
}

export function listingCases(state: () => StateStore): void {
  it("shows deliveries with their attempts, newest first, by alert or all", async () => {
    await state().alerts.transition(
      [],
      [
        delivery("k1"),
        delivery("k2", { createdAtMs: T0 + 1, status: "resolved" }),
        delivery("k3", { createdAtMs: T0 + 2, alertId: "a2" }),
        delivery("k4", { tenant: "other" }),
      ],
    );
    await state().outbox.record("k1", attempt(false, "answered 503"), {
      state: "pending",
      nextAttemptAtMs: T0 + 1000,
    });
    await state().outbox.record("k1", attempt(true), { state: "delivered", nextAttemptAtMs: null });
    const all = await state().outbox.list("default", undefined, 10);
    expect(all.map((one) => one.key)).toEqual(["k3", "k2", "k1"]);
    const [second, first] = await state().outbox.list("default", "a1", 10);
    expect(second).toMatchObject({
      status: "resolved",
      state: "pending",
      next_attempt_at: isoTime(T0 + 1),
    });
    expect(first).toEqual({
      key: "k1",
      alert_id: "a1",
      channel: "webhook",
      target: "example.org/hook",
      status: "firing",
      state: "delivered",
      created_at: isoTime(T0),
      next_attempt_at: null,
      attempts: [attempt(false, "answered 503"), attempt(true)],
    });
    expect(await state().outbox.list("default", undefined, 1)).toHaveLength(1);
  });

  it("shows the latest hundred attempts of a delivery that had more", async () => {
    await state().alerts.transition([], [delivery("k1")]);
    for (let number = 1; number <= 103; number++) {
      await state().outbox.record("k1", attempt(false, `try ${number}`), {
        state: "pending",
        nextAttemptAtMs: T0,
      });
    }
    const [found] = await state().outbox.list("default", "a1", 1);
    expect(found?.attempts).toHaveLength(100);
    expect(found?.attempts.at(0)?.error).toBe("try 4");
    expect(found?.attempts.at(-1)?.error).toBe("try 103");
  });

  it("ignores an attempt at a delivery that is gone", async () => {
    await state().outbox.record("nothing", attempt(true), {
      state: "delivered",
      nextAttemptAtMs: null,
    });
    expect(await state().outbox.list("default", undefined, 10)).toEqual([]);
  });
}
