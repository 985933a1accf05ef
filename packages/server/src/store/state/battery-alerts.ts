import { isoTime } from "#lib";
import { expect, it } from "vitest";

import { T0, alert, stored, resolved, idsOf } from "./battery-fixtures.ts";
import type { StateStore } from "./types.ts";

export function alertCases(state: () => StateStore): void {
  it("lists active alerts apart from resolved ones", async () => {
    await state().alerts.transition([
      stored(alert("late", { updated_at: isoTime(T0 + 50) })),
      stored(alert("waiting", { state: "pending", fired_at: null })),
      stored(resolved("over", T0 + 10)),
    ]);
    expect(idsOf(await state().alerts.active())).toEqual(["waiting", "late"]);
    expect(idsOf(await state().alerts.history("default", T0, 10))).toEqual(["over"]);
    expect(await state().alerts.history("default", T0 + 11, 10)).toEqual([]);
    expect(await state().alerts.history("other", 0, 10)).toEqual([]);
    expect((await state().alerts.get("default", "over"))?.alert).toEqual(resolved("over", T0 + 10));
    expect(await state().alerts.get("other", "over")).toBeUndefined();
  });

  it("moves an alert on, the last word of one transition counts", async () => {
    const pending = alert("a1", { state: "pending", fired_at: null });
    await state().alerts.transition([stored(pending)]);
    await state().alerts.transition([stored(pending), stored(alert("a1"))]);
    expect(await state().alerts.active()).toEqual([stored(alert("a1"))]);
  });

  it("forgets an alert that is over before it fired", async () => {
    await state().alerts.transition([stored(alert("a1", { state: "pending", fired_at: null }))]);
    await state().alerts.transition([stored(resolved("a1", T0 + 5, { fired_at: null }))]);
    expect(await state().alerts.get("default", "a1")).toBeUndefined();
  });

  it("writes all alerts of a transition or none", async () => {
    const broken = stored(alert("a2", { fingerprint: null as unknown as string }));
    await expect(state().alerts.transition([stored(alert("a1")), broken])).rejects.toThrow(/null/i);
    expect(await state().alerts.active()).toEqual([]);
  });

  it("takes a thousand alerts in one transition", async () => {
    const ids = Array.from({ length: 1000 }, (_, index) => `a${index}`);
    await state().alerts.transition(ids.map((id) => stored(alert(id))));
    expect(await state().alerts.active()).toHaveLength(1000);
  });

  it("lists what changed lately, oldest change first", async () => {
    await state().alerts.transition([
      stored(resolved("b", T0 + 20)),
      stored(resolved("a", T0 + 10)),
      stored(alert("old")),
    ]);
    expect(idsOf(await state().alerts.changedSince(T0 + 1, 10))).toEqual(["a", "b"]);
    expect(idsOf(await state().alerts.changedSince(T0 + 1, 1))).toEqual(["a"]);
  });

  it("drops what is too old and what is too much", async () => {
    await state().alerts.transition([
      stored(resolved("ancient", T0 - 1000)),
      stored(resolved("one", T0 + 1)),
      stored(resolved("two", T0 + 2)),
      stored(resolved("three", T0 + 3)),
      stored(resolved("foreign", T0 + 1), { tenant: "other" }),
      stored(alert("burning", { updated_at: isoTime(T0 - 5000) })),
    ]);
    const dropped = await state().alerts.prune({ olderThanMs: T0, maxAlertsPerTenant: 2 });
    expect(dropped).toBe(2);
    expect(idsOf(await state().alerts.history("default", 0, 10))).toEqual(["three", "two"]);
    expect(idsOf(await state().alerts.history("other", 0, 10))).toEqual(["foreign"]);
    expect(idsOf(await state().alerts.active())).toEqual(["burning"]);
  });
}
