import { isoTime } from "#lib";
import { expect, it } from "vitest";

import { T0, attempt, batch, logEntry, notification } from "./battery-fixtures.ts";
import type { StateStore } from "./types.ts";

const DELIVERED = { state: "delivered", nextAttemptAtMs: null } as const;
const FAILED = { state: "failed", nextAttemptAtMs: null } as const;

export function outboxCases(state: () => StateStore): void {
  it("keeps the first notification under an id", async () => {
    await state().outbox.add([notification("n1")]);
    await state().outbox.add([notification("n1", { body: "another" }), notification("n2")]);
    expect(await state().outbox.message("n1")).toEqual({ body: '{"id":"n1"}', reference: null });
    expect(await state().outbox.message("nothing")).toBeUndefined();
  });

  it("lists undelivered notifications, oldest first, until they are delivered or failed", async () => {
    await state().outbox.add([
      notification("new", { createdAtMs: T0 + 9 }),
      notification("old"),
      notification("bad"),
      notification("gone"),
    ]);
    await state().outbox.record("old", attempt(false, "answered 503 \u0000"), {
      state: "pending",
      nextAttemptAtMs: T0 + 1005,
      reference: "told: anna",
    });
    await state().outbox.record("bad", attempt(false), FAILED);
    await state().outbox.record("gone", attempt(true), DELIVERED);
    const pending = await state().outbox.pending(10);
    expect(pending.map((one) => [one.id, one.nextAttemptAtMs, one.attempts])).toEqual([
      ["old", T0 + 1005, 1],
      ["new", T0 + 9, 0],
    ]);
    expect(await state().outbox.counts()).toEqual({ pending: 2, failed: 1, oldestPendingMs: T0 });
    expect((await state().outbox.message("old"))?.reference).toBe("told: anna");
    // Nobody sends what is delivered again.
    expect(await state().outbox.message("gone")).toBeUndefined();
    expect((await state().outbox.content("gone"))?.alertIds).toEqual(
      new Map([["00112233aabbccdd", "a1"]]),
    );
  });

  it("counts an empty outbox", async () => {
    expect(await state().outbox.counts()).toEqual({ pending: 0, failed: 0, oldestPendingMs: null });
  });

  it("puts copies for another receiver beside a notification that is given up", async () => {
    await state().outbox.add([notification("n1")]);
    const copy = notification("n1.deputy", { receiver: "deputy", reason: "fallback" });
    await state().outbox.record("n1", attempt(false), FAILED, [copy]);
    expect((await state().outbox.pending(10)).map(({ id, reason }) => [id, reason])).toEqual([
      ["n1.deputy", "fallback"],
    ]);
  });

  it("knows what became of the beginnings of alerts, per integration and group", async () => {
    const end = notification("end", { status: "resolved" });
    const other = { fingerprint: "ffffffffffffffff", alertId: null, status: "firing" as const };
    await state().outbox.add([
      notification("n1"),
      notification("n2", { alerts: [other] }),
      notification("n3", { receiver: "others" }),
      end,
    ]);
    const pending = (await state().outbox.pending(10)).find(({ id }) => id === "end");
    if (!pending) throw new Error("the end is not pending");
    expect(await state().outbox.beginnings(pending)).toEqual(new Set());
    await state().outbox.record("n1", attempt(false), FAILED);
    await state().outbox.record("n2", attempt(true), DELIVERED);
    await state().outbox.record("n3", attempt(true), DELIVERED);
    expect(await state().outbox.beginnings(pending)).toEqual(new Set(["failed"]));
  });
}

export function latestCases(state: () => StateStore): void {
  it("knows what a channel delivered last about a group, and what that left", async () => {
    const { tenant, groupKey } = notification("n1");
    const latest = (channel: string, key = groupKey, of = tenant) =>
      state().outbox.latestDelivered(of, key, channel);
    await state().outbox.add([
      notification("n1"),
      notification("n2", { status: "resolved", createdAtMs: T0 + 1 }),
      notification("n3", { createdAtMs: T0 + 2 }),
      notification("other", { receiver: "a/b", createdAtMs: T0 + 3 }),
    ]);
    const { receiver, integration } = notification("n1");
    const channel = `${receiver}/${integration}`;
    expect(await latest(channel)).toBeUndefined();
    await state().outbox.record("n1", attempt(true), { ...DELIVERED, reference: "C1:1.1" });
    await state().outbox.record("other", attempt(true), { ...DELIVERED, reference: "C9:9.9" });
    expect(await latest(channel)).toEqual({ status: "firing", reference: "C1:1.1" });
    await state().outbox.record("n2", attempt(true), DELIVERED);
    await state().outbox.record("n3", attempt(false), FAILED);
    expect(await latest(channel)).toEqual({ status: "resolved", reference: undefined });
    expect(await latest(`a/b/${integration}`)).toEqual({ status: "firing", reference: "C9:9.9" });
    expect(await latest(channel, "another")).toBeUndefined();
    expect(await latest(channel, groupKey, "another")).toBeUndefined();
  });
}

export function listingCases(state: () => StateStore): void {
  it("shows deliveries with their attempts, newest first, by alert, fingerprint or all", async () => {
    await state().outbox.add([
      notification("n1"),
      notification("n2", { createdAtMs: T0 + 1, status: "resolved" }),
      notification("n3", {
        createdAtMs: T0 + 2,
        alerts: [{ fingerprint: "ffffffffffffffff", alertId: null, status: "firing" }],
      }),
      notification("n4", { tenant: "other" }),
    ]);
    await state().outbox.record("n1", attempt(false, "answered 503"), {
      state: "pending",
      nextAttemptAtMs: T0 + 1000,
    });
    await state().outbox.record("n1", attempt(true), DELIVERED);
    const all = await state().outbox.list("default", { limit: 10 });
    expect(all.map((one) => one.key)).toEqual(["n3", "n2", "n1"]);
    const [second, first] = await state().outbox.list("default", { alertId: "a1", limit: 10 });
    expect(second).toMatchObject({
      status: "resolved",
      state: "pending",
      next_attempt_at: isoTime(T0 + 1),
    });
    expect(first).toEqual({
      key: "n1",
      alert_id: "a1",
      alert_ids: ["a1"],
      fingerprints: ["00112233aabbccdd"],
      group_key: '{}:{alertname="Queue is long"}',
      receiver: "ops",
      reason: "group",
      channel: "ops/webhook[0]",
      target: "example.org/hook",
      status: "firing",
      state: "delivered",
      created_at: isoTime(T0),
      next_attempt_at: null,
      attempts: [attempt(false, "answered 503"), attempt(true)],
    });
    const byFingerprint = { fingerprint: "ffffffffffffffff", limit: 10 };
    expect((await state().outbox.list("default", byFingerprint)).map(({ key }) => key)).toEqual([
      "n3",
    ]);
    expect(await state().outbox.list("default", { limit: 1 })).toHaveLength(1);
  });

  it("shows the latest hundred attempts of a delivery that had more", async () => {
    await state().outbox.add([notification("n1")]);
    for (let number = 1; number <= 103; number++) {
      await state().outbox.record("n1", attempt(false, `try ${number}`), {
        state: "pending",
        nextAttemptAtMs: T0,
      });
    }
    const [found] = await state().outbox.list("default", { alertId: "a1", limit: 1 });
    expect(found?.attempts).toHaveLength(100);
    expect(found?.attempts.at(0)?.error).toBe("try 4");
    expect(found?.attempts.at(-1)?.error).toBe("try 103");
  });

  it("ignores an attempt at a notification that is gone", async () => {
    await state().outbox.record("nothing", attempt(true), DELIVERED);
    expect(await state().outbox.list("default", { limit: 10 })).toEqual([]);
  });
}

export function notificationLogCases(state: () => StateStore): void {
  it("writes log, groups and notifications together or not at all", async () => {
    const groups = [{ tenant: "default", groupKey: "{}:{}", nextFlushMs: T0 + 1 }];
    const broken = { ...notification("n2"), body: null as unknown as string };
    const refused = batch({ log: [logEntry()], groups, notifications: [broken] });
    await expect(state().notificationLog.commit(refused)).rejects.toThrow(/null/i);
    expect(await state().notificationLog.entries()).toEqual([]);
    expect(await state().notificationLog.groups()).toEqual([]);
    await state().notificationLog.commit(
      batch({ log: [logEntry()], groups, notifications: [notification("n1")] }),
    );
    expect(await state().notificationLog.entries()).toEqual([logEntry()]);
    expect(await state().notificationLog.groups()).toEqual(groups);
    expect(await state().outbox.pending(10)).toHaveLength(1);
  });

  it("replaces what is said again, and forgets what is gone", async () => {
    const group = { tenant: "default", groupKey: "{}:{}" };
    const next = logEntry({ firing: [], resolved: ["00112233aabbccdd"], open: [], atMs: T0 + 5 });
    for (const [at, entry] of [logEntry(), next].entries()) {
      await state().notificationLog.commit(
        batch({ log: [entry], groups: [{ ...group, nextFlushMs: at }] }),
      );
    }
    expect(await state().notificationLog.entries()).toEqual([next]);
    expect(await state().notificationLog.groups()).toEqual([{ ...group, nextFlushMs: 1 }]);
    await state().notificationLog.forget({ entries: [next], groups: [group] });
    expect(await state().notificationLog.entries()).toEqual([]);
    expect(await state().notificationLog.groups()).toEqual([]);
  });

  it("lets a notification take the place of an undelivered one, with its attempts and age", async () => {
    await state().outbox.add([notification("n1")]);
    const retry = { state: "pending", nextAttemptAtMs: T0 + 9 } as const;
    await state().outbox.record("n1", attempt(false, "answered 503"), retry);
    await state().notificationLog.commit(
      batch({
        notifications: [notification("n2", { createdAtMs: T0 + 100 })],
        superseded: [{ id: "n1", by: "n2" }],
      }),
    );
    const [found, ...more] = await state().outbox.list("default", { limit: 10 });
    expect(more).toEqual([]);
    expect(found).toMatchObject({
      key: "n2",
      created_at: isoTime(T0),
      attempts: [attempt(false, "answered 503")],
    });
    expect((await state().outbox.pending(1))[0]?.attempts).toBe(1);
  });

  it("remembers when alerts were told of", async () => {
    const told = (fingerprint: string, atMs: number) => ({ tenant: "default", fingerprint, atMs });
    await state().notificationLog.commit(batch({ told: [told("a", T0), told("b", T0 + 1)] }));
    await state().notificationLog.commit(batch({ told: [told("a", T0 + 2)] }));
    expect(await state().notificationLog.told(T0)).toEqual([told("b", T0 + 1), told("a", T0 + 2)]);
    await state().notificationLog.pruneTold(T0 + 2);
    expect(await state().notificationLog.told(T0)).toEqual([told("a", T0 + 2)]);
  });

  it("drops old notifications that are finished and that the log does not need", async () => {
    await state().notificationLog.commit(
      batch({
        notifications: ["n1", "n2", "n3"].map((id) => notification(id)),
        log: [logEntry({ notificationId: "n1" })],
      }),
    );
    for (const id of ["n1", "n2"]) await state().outbox.record(id, attempt(true), DELIVERED);
    expect(await state().outbox.prune(T0)).toBe(0);
    expect(await state().outbox.prune(T0 + 1)).toBe(1);
    const kept = await state().outbox.list("default", { limit: 10 });
    expect(kept.map(({ key }) => key).toSorted()).toEqual(["n1", "n3"]);
  });
}

export function receivedCases(state: () => StateStore): void {
  it("keeps silences exactly, replaces them, and drops those that ended long ago", async () => {
    const silence = {
      tenant: "default",
      id: "s1",
      matchers: [{ name: "team", operator: "=~" as const, value: "a|b'\"" }],
      startsAtMs: T0,
      endsAtMs: T0 + 10,
      updatedAtMs: T0,
      createdBy: "anna",
      comment: "süd 🚨",
    };
    await state().silences.put([silence, { ...silence, tenant: "other" }]);
    await state().silences.put([{ ...silence, endsAtMs: T0 + 99 }]);
    const found = await state().silences.list();
    expect(found.toSorted((a, b) => (a.tenant < b.tenant ? -1 : 1))).toEqual([
      { ...silence, endsAtMs: T0 + 99 },
      { ...silence, tenant: "other" },
    ]);
    await state().silences.prune(T0 + 11);
    expect((await state().silences.list()).map(({ tenant }) => tenant)).toEqual(["default"]);
  });

  it("keeps alerts from outside, and drops those that ended", async () => {
    const received = (fingerprint: string, endsAtMs: number) => ({
      tenant: "default",
      fingerprint,
      document: { labels: { alertname: "x" } },
      endsAtMs,
    });
    const many = Array.from({ length: 120 }, (_, index) => received(`f${index}`, T0 + index));
    await state().receivedAlerts.put(many);
    await state().receivedAlerts.put([received("f0", T0 + 500)]);
    expect(await state().receivedAlerts.list()).toHaveLength(120);
    await state().receivedAlerts.prune(T0 + 119);
    const kept = await state().receivedAlerts.list();
    expect(kept.toSorted((a, b) => a.endsAtMs - b.endsAtMs)).toEqual([
      received("f119", T0 + 119),
      received("f0", T0 + 500),
    ]);
  });
}
