import { DEFAULT_TENANT } from "#lib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { Care } from "./actions.ts";
import { createIncidentBench, NOON, type IncidentBench } from "./fixture.ts";

const MINUTE_MS = 60_000;
const T = DEFAULT_TENANT;

const care = (more: Partial<Care> = {}): Care => ({
  by: "ann",
  note: "",
  expiresAtMs: null,
  kind: "acknowledge",
  ...more,
});

const api = (alertname: string, severity = "critical", more = {}) => ({
  alertname,
  severity,
  service: "api",
  ...more,
});

describe("incidents", () => {
  let bench: IncidentBench;
  beforeEach(async () => {
    bench = await createIncidentBench({
      related: (_, service) => (service === "api" ? ["db"] : service === "db" ? ["api"] : []),
    });
  });
  afterEach(() => bench.close());

  const only = async () => {
    const [first, ...rest] = await bench.list();
    expect(rest).toEqual([]);
    if (first === undefined) throw new Error("there is no incident");
    return first;
  };
  const fingerprints = async () => {
    const { alerts } = await bench.incidents.get(T, (await only()).id);
    return alerts.map(({ fingerprint }) => fingerprint);
  };

  it("begin with an alert and end with it", async () => {
    await bench.fire(api("Down"), { owner: "platform", runbook_url: "https://run.example/down" });
    expect(await only()).toMatchObject({
      title: "Down (api)",
      status: "triggered",
      severity: "critical",
      owner: "platform",
      runbook_url: "https://run.example/down",
      services: ["api"],
      alerts_active: 1,
      triggered_at: new Date(NOON).toISOString(),
    });
    await bench.pass(10 * MINUTE_MS);
    await bench.end(api("Down"));
    const over = await only();
    expect(over).toMatchObject({ status: "resolved", resolved_by: null, alerts_active: 0 });
    expect(over.resolved_at).toBe(new Date(NOON + 10 * MINUTE_MS).toISOString());
    const texts = await bench.texts(over.id);
    expect(texts[0]).toBe("Down fires");
    expect(texts).toContain("Triggered");
    expect(texts.at(-1)).toBe("Resolved: its alerts ended");
  });

  it.each([
    [
      "the same group",
      { alertname: "Down", instance: "2" },
      20 * MINUTE_MS,
      "it belongs here by group",
    ],
    ["the same service soon after", api("Slow"), 4 * MINUTE_MS, "by service api"],
    [
      "a related service soon after",
      { alertname: "Disk", service: "db" },
      0,
      "by services db and api",
    ],
  ])("take in an alert of %s", async (_, labels, afterMs, why) => {
    await bench.fire(api("Down"));
    await bench.pass(afterMs);
    await bench.fire(labels);
    const incident = await only();
    expect(incident.alerts_active).toBe(2);
    expect((await bench.texts(incident.id)).some((text) => text.includes(why))).toBe(true);
  });

  it.each([
    ["another service", { alertname: "Slow", service: "web" }, 0],
    ["no service", { alertname: "Slow" }, 0],
    ["the same service long after", api("Slow"), 6 * MINUTE_MS],
  ])("leave out an alert of %s", async (_, labels, afterMs) => {
    await bench.fire(api("Down"));
    await bench.pass(afterMs);
    await bench.fire(labels);
    expect(await bench.list()).toHaveLength(2);
  });

  it("have the severity of their worst alert", async () => {
    await bench.fire(api("Slow", "warning"));
    await bench.fire(api("Down", "critical"));
    await bench.fire(api("Odd", "info"));
    expect((await only()).severity).toBe("critical");
    expect(await bench.texts((await only()).id)).toContain("From warning to critical");
  });

  it("go on when an alert fires again soon, and begin anew later", async () => {
    await bench.fire(api("Down"));
    await bench.end(api("Down"));
    await bench.pass(4 * MINUTE_MS);
    await bench.fire(api("Down"));
    expect(await only()).toMatchObject({ status: "triggered", alerts_total: 2, resolved_at: null });
    await bench.end(api("Down"));
    await bench.pass(6 * MINUTE_MS);
    await bench.fire(api("Down"));
    expect((await bench.list()).map(({ status }) => status)).toEqual(["triggered", "resolved"]);
  });

  describe("acknowledgements", () => {
    it("of every alert acknowledge the incident, and end with the alert", async () => {
      await bench.fire(api("Down"));
      await bench.fire(api("Slow"));
      const [first = "", second = ""] = await fingerprints();
      const made = await bench.incidents.acknowledgeAlert(T, first, care({ note: "on it" }));
      expect(made).toMatchObject({ by: "ann", note: "on it", expires_at: null, incident: null });
      expect((await only()).status).toBe("triggered");
      await bench.incidents.acknowledgeAlert(T, second, care({ by: "bob" }));
      expect(await only()).toMatchObject({ status: "acknowledged", acknowledged_by: "bob" });
      await bench.end(api("Slow"));
      expect(bench.incidents.acknowledgements(T).map(({ by }) => by)).toEqual(["ann"]);
      expect((await only()).status).toBe("acknowledged");
      await bench.end(api("Down"));
      expect(bench.incidents.acknowledgements(T)).toEqual([]);
    });

    it("hold back notifications, as the pipeline sees it", async () => {
      await bench.fire(api("Down"));
      const [fingerprint = ""] = await fingerprints();
      await bench.incidents.acknowledgeAlert(T, fingerprint, care());
      expect(bench.alertmanager.get(T, fingerprint)?.status.acknowledgedBy).toBe("ann");
      await bench.incidents.unacknowledgeAlert(T, fingerprint, "bob");
      expect(bench.alertmanager.get(T, fingerprint)?.status.acknowledgedBy).toBeNull();
      expect((await only()).status).toBe("triggered");
      await expect(bench.incidents.unacknowledgeAlert(T, fingerprint, "bob")).rejects.toMatchObject(
        { code: "conflict" },
      );
    });

    it("with an end are over by themselves", async () => {
      await bench.fire(api("Down"));
      const [fingerprint = ""] = await fingerprints();
      const end = care({ expiresAtMs: NOON + 15 * MINUTE_MS, kind: "snooze" });
      await bench.incidents.acknowledgeAlert(T, fingerprint, end);
      await bench.pass(14 * MINUTE_MS);
      expect((await only()).status).toBe("acknowledged");
      await bench.pass(2 * MINUTE_MS);
      expect((await only()).status).toBe("triggered");
      expect(await bench.texts((await only()).id)).toContain("The snooze by ann is over");
    });

    it("that would end in the past are refused, as are those of alerts that do not fire", async () => {
      await bench.fire(api("Down"));
      const [fingerprint = ""] = await fingerprints();
      await expect(
        bench.incidents.acknowledgeAlert(T, fingerprint, care({ expiresAtMs: NOON })),
      ).rejects.toMatchObject({ status: 400 });
      for (const id of ["0123456789abcdef", "alert_1_x_y"])
        await expect(bench.incidents.acknowledgeAlert(T, id, care())).rejects.toMatchObject({
          status: 404,
        });
      await bench.end(api("Down"));
      await expect(bench.incidents.acknowledgeAlert(T, fingerprint, care())).rejects.toMatchObject({
        status: 404,
      });
    });

    it("of an incident cover what comes later and is no worse", async () => {
      await bench.fire(api("Slow", "high"));
      const { id } = await only();
      await bench.incidents.acknowledge(T, id, care());
      await bench.fire(api("Slower", "warning"));
      expect((await only()).status).toBe("acknowledged");
      await bench.fire(api("Down", "critical"));
      expect((await only()).status).toBe("triggered");
      await bench.incidents.acknowledge(T, id, care({ by: "bob" }));
      expect(await only()).toMatchObject({ status: "acknowledged", acknowledged_by: "bob" });
      await bench.incidents.unacknowledge(T, id, "bob");
      expect((await only()).status).toBe("triggered");
      expect(bench.incidents.acknowledgements(T)).toEqual([]);
    });

    it("of many alerts tell which were no alerts", async () => {
      await bench.fire(api("Down"));
      await bench.fire(api("Slow"));
      const ids = await fingerprints();
      const result = await bench.incidents.acknowledgeAlerts(T, [...ids, "nothing"], care());
      expect(result).toEqual({ changed: 2, not_found: ["nothing"] });
      expect(await bench.incidents.unacknowledgeAlerts(T, ids, "ann")).toEqual({
        changed: 2,
        not_found: [],
      });
    });
  });

  describe("by hand", () => {
    it("are resolved while alerts fire, and reopened", async () => {
      await bench.fire(api("Down"));
      const { id } = await only();
      const resolved = await bench.incidents.resolve(T, id, "ann");
      expect(resolved).toMatchObject({ status: "resolved", resolved_by: "ann" });
      await bench.pass(10 * MINUTE_MS);
      expect((await only()).status).toBe("resolved");
      await expect(bench.incidents.acknowledge(T, id, care())).rejects.toMatchObject({
        code: "conflict",
      });
      expect(await bench.incidents.reopen(T, id, "bob")).toMatchObject({ status: "triggered" });
      await expect(bench.incidents.reopen(T, id, "bob")).rejects.toMatchObject({
        code: "conflict",
      });
    });

    it("resolved, leave an alert that fires again to a new one", async () => {
      await bench.fire(api("Down"));
      await bench.incidents.resolve(T, (await only()).id, "ann");
      await bench.end(api("Down"));
      await bench.fire(api("Down"));
      expect((await bench.list()).map(({ status }) => status)).toContain("triggered");
      expect(await bench.list()).toHaveLength(2);
    });

    it("are made, get notes and an owner, and are found again when they are over", async () => {
      const made = await bench.incidents.create(
        T,
        {
          title: "Office without power",
          severity: "high",
          note: "called the landlord",
          owner: "",
          runbook_url: "",
          services: [],
          alerts: [],
        },
        "ann",
      );
      expect(made).toMatchObject({ status: "triggered", grouped_by: "by hand", alerts: [] });
      await bench.incidents.assign(T, made.id, "bob", "ann");
      await bench.incidents.change(T, made.id, { title: "Power", runbookUrl: undefined }, "ann");
      expect((await bench.incidents.acknowledge(T, made.id, care())).status).toBe("acknowledged");
      await bench.incidents.resolve(T, made.id, "bob");
      await bench.pass(MINUTE_MS);
      await bench.incidents.note(T, made.id, "the lights are on", "bob");
      expect(await bench.incidents.get(T, made.id)).toMatchObject({ title: "Power", owner: "bob" });
      const { entries } = await bench.incidents.timeline(T, made.id, 0, 100);
      expect(entries.map(({ kind, by }) => `${kind} ${by}`)).toEqual(
        expect.arrayContaining([
          "note ann",
          "assigned ann",
          "changed ann",
          "status bob",
          "note bob",
        ]),
      );
      expect(entries.map(({ number }) => number)).toEqual(entries.map((_, index) => index + 1));
      expect((await bench.incidents.reopen(T, made.id, "ann")).status).toBe("triggered");
    });

    it("are merged and split", async () => {
      await bench.fire(api("Down"));
      await bench.pass(1000);
      await bench.fire({ alertname: "Slow", service: "web", severity: "low" });
      const [web = "", main = ""] = (await bench.list()).map(({ id }) => id);
      const merged = await bench.incidents.merge(T, main, [web], "ann");
      expect(merged).toMatchObject({ alerts_active: 2, services: ["api", "web"] });
      expect(await bench.incidents.get(T, web)).toMatchObject({
        status: "resolved",
        merged_into: main,
      });
      await expect(bench.incidents.reopen(T, web, "ann")).rejects.toThrow(main);
      const slow = merged.alerts.find(({ name }) => name === "Slow")?.fingerprint ?? "";
      const apart = await bench.incidents.split(T, main, [slow], "Web is slow", "ann");
      expect(apart).toMatchObject({ title: "Web is slow", status: "triggered", alerts_active: 1 });
      await bench.end({ alertname: "Slow", service: "web", severity: "low" });
      expect((await bench.incidents.get(T, apart.id)).status).toBe("resolved");
      expect((await bench.incidents.get(T, main)).status).toBe("triggered");
    });

    it.each([
      ["itself", (id: string) => bench.incidents.merge(T, id, [id], "ann"), 400],
      ["one that is not there", (id: string) => bench.incidents.merge(T, id, ["no"], "ann"), 404],
      [
        "all alerts",
        async (id: string) => bench.incidents.split(T, id, await fingerprints(), undefined, "ann"),
        409,
      ],
      [
        "a foreign alert",
        (id: string) => bench.incidents.split(T, id, ["no"], undefined, "ann"),
        404,
      ],
    ])("are not merged or split with %s", async (_, act, status) => {
      await bench.fire(api("Down"));
      await expect(act((await only()).id)).rejects.toMatchObject({ status });
    });
  });

  it("are as they were after a crash, and learn what happened meanwhile", async () => {
    await bench.fire(api("Down"));
    await bench.pass(1000);
    await bench.fire({ alertname: "Other", service: "web" });
    const [other, down] = await bench.list();
    await bench.incidents.acknowledge(T, down?.id ?? "", care({ note: "mine" }));
    await bench.incidents.note(T, down?.id ?? "", "before the crash", "ann");
    const texts = await bench.texts(down?.id ?? "");
    const { directory } = bench;
    await bench.crash();
    bench = await createIncidentBench({ directory, nowMs: NOON + MINUTE_MS });
    const { alerts, ...again } = await bench.incidents.get(T, down?.id ?? "");
    expect(again).toMatchObject({ status: "acknowledged", acknowledged_by: "ann" });
    expect(alerts[0]?.acknowledgement).toMatchObject({ note: "mine" });
    expect(await bench.texts(down?.id ?? "")).toEqual(texts);
    expect(await bench.list()).toHaveLength(2);
    await bench.end({ alertname: "Other", service: "web" });
    expect((await bench.incidents.get(T, other?.id ?? "")).status).toBe("resolved");
  });

  it("count what happened, and by whom it was taken care of", async () => {
    await bench.fire(api("Down"));
    await bench.pass(2 * MINUTE_MS);
    const [fingerprint = ""] = await fingerprints();
    await bench.incidents.acknowledgeAlert(T, fingerprint, care());
    await bench.pass(8 * MINUTE_MS);
    await bench.end(api("Down"));
    const insights = await bench.incidents.insights(T, NOON - MINUTE_MS, NOON + 60 * MINUTE_MS);
    expect(insights).toMatchObject({
      alerts: 1,
      resolved: 1,
      incidents: 1,
      mtta_seconds: 120,
      mttr_seconds: 600,
      by_rule: [{ key: "Down", alerts: 1 }],
      acknowledged_by: [{ by: "ann", acknowledgements: 1, mtta_seconds: 120 }],
    });
    expect(insights.by_hour[12]).toBe(1);
    await expect(bench.incidents.insights(T, NOON, NOON)).rejects.toMatchObject({ status: 400 });
  });

  it("take in a burst of thousands of alerts and write all of them", async () => {
    await bench.alertmanager.post(
      T,
      Array.from({ length: 3000 }, (_, index) => ({
        labels: { alertname: "Storm", service: `s${index % 50}`, instance: String(index) },
        annotations: {},
        startsAtMs: NOON,
        endsAtMs: NOON + 86_400_000,
      })),
    );
    await bench.incidents.tick(NOON);
    await expect.poll(async () => (await only()).alerts_active, { timeout: 8000 }).toBe(3000);
    const incident = await only();
    const { entries, dropped } = await bench.incidents.timeline(T, incident.id, 0, 5000);
    expect(entries.length).toBeLessThan(1100);
    expect(dropped).toBeGreaterThan(1900);
    const { alerts } = await bench.incidents.insights(T, NOON, NOON + 1);
    expect(alerts).toBe(3000);
  });
});
