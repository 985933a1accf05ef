import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { alertCases } from "./battery-alerts.ts";
import { budgetCases, findingCases } from "./battery-budgets.ts";
import { T0, service, rule, alert, stored, notification } from "./battery-fixtures.ts";
import { incidentCases, insightCases, maintenanceCases, onCallCases } from "./battery-oncall.ts";
import {
  latestCases,
  listingCases,
  notificationLogCases,
  outboxCases,
  receivedCases,
} from "./battery-outbox.ts";
import type { StateStore } from "./types.ts";

/** One kind of database under test. `open` opens the same database again each time, until `reset` empties it. */
export interface StateBackend {
  open(): Promise<StateStore>;
  reset(): Promise<void>;
  /** False for a database that is gone once it is closed. */
  durable: boolean;
}

/** What every database behind the state store must do; each adapter's test runs it. */
export function stateBattery(name: string, backend: StateBackend): void {
  describe(`state store on ${name}`, () => {
    let state: StateStore;

    beforeEach(async () => {
      await backend.reset();
      state = await backend.open();
    });
    afterEach(() => state.close());

    serviceCases(() => state);
    ruleAndSettingCases(() => state);
    alertCases(() => state);
    outboxCases(() => state);
    listingCases(() => state);
    latestCases(() => state);
    notificationLogCases(() => state);
    receivedCases(() => state);
    onCallCases(() => state);
    maintenanceCases(() => state);
    incidentCases(() => state);
    insightCases(() => state);
    budgetCases(() => state);
    findingCases(() => state);

    it.runIf(backend.durable)("finds everything again after it was closed and opened", async () => {
      await state.services.put(service("default", "api", { lastHeartbeatMs: T0 + 1 }));
      await state.rules.put({
        tenant: "default",
        rule: rule("q"),
        createdAtMs: T0,
        updatedAtMs: T0,
      });
      await state.alerts.transition([stored(alert("a1"))]);
      await state.outbox.add([notification("n1")]);
      await state.settings.put("seen", "yes");
      await state.close();
      state = await backend.open();
      expect(await state.services.list()).toEqual([
        service("default", "api", { lastHeartbeatMs: T0 + 1 }),
      ]);
      expect((await state.rules.list()).map((one) => one.rule)).toEqual([rule("q")]);
      expect(await state.alerts.active()).toEqual([stored(alert("a1"))]);
      expect((await state.outbox.pending(10)).map((one) => one.id)).toEqual(["n1"]);
      expect(await state.settings.get("seen")).toBe("yes");
    });

    it("answers a ping, and rejects once it is closed", async () => {
      await state.ping();
      await state.close();
      await expect(state.ping()).rejects.toThrow(/destroyed|closed|not open|end/);
      state = await backend.open();
    });
  });
}

function serviceCases(state: () => StateStore): void {
  it("replaces a service by tenant and id and keeps tenants apart", async () => {
    await state().services.put(service("default", "api"));
    await state().services.put(service("other", "api", { status: "healthy" }));
    const changed = service("default", "api", { status: "unhealthy", updatedAtMs: T0 + 9 });
    await state().services.put(changed);
    const found = (await state().services.list()).toSorted((a, b) =>
      a.tenant < b.tenant ? -1 : 1,
    );
    expect(found).toEqual([changed, service("other", "api", { status: "healthy" })]);
  });

  it("removes one service, and does not mind one that is not there", async () => {
    await state().services.put(service("default", "api"));
    await state().services.put(service("other", "api"));
    await state().services.remove("default", "api");
    await state().services.remove("default", "never-there");
    expect((await state().services.list()).map((one) => one.tenant)).toEqual(["other"]);
  });

  it("takes text that looks like SQL for what it is", async () => {
    const hostile = "x'); drop table services; --";
    await state().services.put(service(hostile, "api"));
    expect((await state().services.list()).map((one) => one.tenant)).toEqual([hostile]);
  });
}

function ruleAndSettingCases(state: () => StateStore): void {
  it("keeps a rule exactly, replaces it and removes it", async () => {
    const made = { tenant: "default", rule: rule("queue"), createdAtMs: T0, updatedAtMs: T0 };
    await state().rules.put(made);
    expect(await state().rules.list()).toEqual([made]);
    const changed = { ...made, rule: { ...made.rule, threshold: -1e300 }, updatedAtMs: T0 + 1 };
    await state().rules.put(changed);
    expect(await state().rules.list()).toEqual([changed]);
    await state().rules.remove("other", "queue");
    expect(await state().rules.list()).toEqual([changed]);
    await state().rules.remove("default", "queue");
    expect(await state().rules.list()).toEqual([]);
  });

  it("remembers which rules were switched on or off", async () => {
    const off = { tenant: "default", id: "service_down", enabled: false, updatedAtMs: T0 };
    await state().rules.putOverride(off);
    await state().rules.putOverride({ ...off, enabled: true, updatedAtMs: T0 + 1 });
    expect(await state().rules.overrides()).toEqual([
      { ...off, enabled: true, updatedAtMs: T0 + 1 },
    ]);
    await state().rules.removeOverride("default", "service_down");
    expect(await state().rules.overrides()).toEqual([]);
  });

  it("keeps settings by key", async () => {
    expect(await state().settings.get("a")).toBeUndefined();
    await state().settings.put("a", "1");
    await state().settings.put("a", "2");
    expect(await state().settings.get("a")).toBe("2");
    await state().settings.remove("a");
    expect(await state().settings.get("a")).toBeUndefined();
  });
}
