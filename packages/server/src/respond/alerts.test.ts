import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { Alert, Delivery } from "@fleetlight/contract";
import { createRules } from "#decide";
import { createPromQLQueries } from "#query";
import { createRegistry } from "@fleetlight/sdk";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { fingerprintOf } from "./fingerprint.ts";
import {
  active,
  configWith,
  createBench,
  logger,
  resolved,
  startReceiver,
  TICK_MS,
  type Behaviour,
  type Bench,
} from "./fixture.ts";

const directory = await mkdtemp(join(tmpdir(), "fleetlight-alerts-"));
afterAll(() => rm(directory, { recursive: true, force: true }));

let path = "";
let closing: (() => Promise<void>)[] = [];
beforeEach(() => {
  path = join(directory, `${randomUUID()}.db`);
});
afterEach(async () => {
  for (const close of closing.toReversed()) await close();
  closing = [];
});

async function receiver(...behaviours: Behaviour[]) {
  const started = await startReceiver(...behaviours);
  closing.push(started.close);
  return started;
}

async function start(options: Partial<Parameters<typeof createBench>[0]> = {}): Promise<Bench> {
  const bench = await createBench({ path, config: configWith(), ...options });
  await bench.alerts.start();
  closing.push(() => bench.close().catch(() => undefined));
  return bench;
}

const until = (check: () => unknown, timeout = 20_000): Promise<unknown> =>
  vi.waitFor(check, { timeout, interval: 5 });
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until every group had its tick, and everything in the outbox is delivered or given up. */
const settled = async ({ alerts }: Bench): Promise<void> => {
  await pause(3 * TICK_MS);
  await until(() => expect(alerts.stats().queued).toBe(0));
};

const OF_A_FILE = { query: "absent(up)", metric: "", condition: null, threshold: null };

describe("the life of an alert", () => {
  it("goes from pending over firing to resolved, as the contract says", async () => {
    const { alerts } = await start();
    alerts.handle([active("brain", { state: "pending" })]);
    const [pending] = alerts.active("default");
    expect(Alert.parse(pending)).toMatchObject({
      id: expect.stringMatching(/^alert_\d{10}_service_down_[0-9a-f]{8}$/),
      state: "pending",
      service: "brain",
      metric: 'fleetlight_service_status{job="fleet",service="brain"}',
      labels: { service: "brain", job: "fleet", team: "brains" },
      annotations: {
        summary: "fleetlight_service_status is 0 (alerts when == 0)",
        description: "It does not answer.",
      },
      fired_at: null,
    });
    alerts.handle([active("brain")]);
    expect(alerts.active("default")).toMatchObject([
      { id: pending?.id, state: "firing", value: 0 },
    ]);
    alerts.handle([resolved("brain")]);
    expect(alerts.active("default")).toEqual([]);
    await until(async () =>
      expect(await alerts.history("default", { hours: 1, limit: 10 })).toMatchObject([
        { id: pending?.id, state: "resolved", value: 2 },
      ]),
    );
    expect((await alerts.get("default", pending?.id ?? ""))?.state).toBe("resolved");
    expect(await alerts.get("other", pending?.id ?? "")).toBeUndefined();
  });

  it("tells listeners of every change and writes an event of every step", async () => {
    const { alerts, telemetry } = await start();
    const told: string[] = [];
    const stop = alerts.onAlert((tenant, alert) =>
      told.push(`${tenant} ${alert.state} ${alert.value}`),
    );
    alerts.handle([active("brain", { state: "pending" })]);
    alerts.handle([active("brain")]);
    alerts.handle([active("brain", { value: -1 })]);
    alerts.handle([resolved("brain")]);
    stop();
    alerts.handle([active("mouth")]);
    expect(told).toEqual([
      "default pending 0",
      "default firing 0",
      "default firing -1",
      "default resolved 2",
    ]);
    await until(async () => {
      const events = await telemetry.events.query("default", { limit: 10, service: "brain" });
      expect(events.map((event) => event.type).toSorted()).toEqual([
        "alert.firing",
        "alert.pending",
        "alert.resolved",
      ]);
    });
  });

  it("forgets an alert that ended before it fired, and tells nobody", async () => {
    const hook = await receiver();
    const { alerts } = await start({ config: configWith({ url: hook.url }) });
    alerts.handle([active("brain", { state: "pending" })]);
    alerts.handle([resolved("brain")]);
    await pause(50);
    expect(await alerts.history("default", { hours: 1, limit: 10 })).toEqual([]);
    expect(hook.told()).toEqual([]);
  });

  it("ignores the end of what never began, and a listener that fails", async () => {
    const { alerts } = await start();
    alerts.onAlert(() => {
      throw new Error("a broken listener");
    });
    alerts.handle([resolved("brain"), active("mouth")]);
    expect(alerts.active()).toMatchObject([{ service: "mouth" }]);
  });

  it("gives two alerts of one series in the same second an id each, also after a restart", async () => {
    const first = await start();
    for (let round = 0; round < 2; round++) {
      first.alerts.handle([active("brain")]);
      first.alerts.handle([resolved("brain")]);
    }
    await first.close();
    const second = await start();
    second.alerts.handle([active("brain")]);
    const ids = [
      ...second.alerts.active(),
      ...(await second.alerts.history("default", { hours: 1, limit: 10 })),
    ].map((alert) => alert.id);
    expect(new Set(ids).size).toBe(3);
  });

  it("takes over what is told anew, and shows no number that JSON has not", async () => {
    const { alerts } = await start();
    alerts.handle([active("brain")]);
    const annotations = { summary: "brain is at NaN!" };
    const labels = { service: "brain", team: "b" };
    alerts.handle([active("brain", { value: Number.NaN, annotations, labels, rule: OF_A_FILE })]);
    expect(alerts.active("default")).toMatchObject([
      { value: null, annotations, labels, expr: "absent(up)", condition: "", threshold: null },
    ]);
  });

  it("keeps tenants apart", async () => {
    const { alerts } = await start();
    alerts.handle([active("brain", { tenant: "science" })]);
    expect(alerts.active("default")).toEqual([]);
    expect(alerts.active("science")).toHaveLength(1);
    expect(alerts.active()).toHaveLength(1);
  });

  it("writes thousands of alerts and still answers meanwhile", async () => {
    const bench = await start();
    const names = Array.from({ length: 3000 }, (_, index) => `s${index}`);
    bench.alerts.handle(names.map((name) => active(name, { fingerprint: name.padStart(16, "0") })));
    let turns = 0;
    const counting = setInterval(() => turns++, 1);
    await until(async () => expect(await bench.state.alerts.active()).toHaveLength(3000));
    clearInterval(counting);
    expect(turns).toBeGreaterThan(3);
  });
});

describe("restart", () => {
  it("finds active alerts again and goes on with them", async () => {
    const hook = await receiver();
    const config = configWith({ url: hook.url });
    const first = await start({ config });
    first.alerts.handle([active("brain"), active("mouth", { state: "pending" })]);
    await settled(first);
    const before = first.alerts.active("default");
    await first.crash();
    const second = await start({ config });
    expect(second.alerts.active("default")).toEqual(before);
    second.alerts.handle([active("brain", { value: 0 })]);
    second.alerts.handle([resolved("brain")]);
    await until(() => expect(hook.told()).toHaveLength(2));
    expect(hook.told()).toEqual(["firing brain", "resolved brain"]);
  });

  it("delivers what a crash left in the outbox, under the same key", async () => {
    const hook = await receiver("hang");
    const config = configWith({ url: hook.url });
    const first = await start({ config });
    first.alerts.handle([active("brain")]);
    await until(() => expect(hook.received).toHaveLength(1));
    await first.crash();
    const second = await start({ config });
    await settled(second);
    expect(hook.told()).toEqual(["firing brain", "firing brain"]);
    const keys = hook.received.map(({ headers }) => headers["idempotency-key"]);
    expect(keys[0]).toBe(keys[1]);
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("delivers what was written but never tried", async () => {
    const first = await start({ config: configWith({ url: "http://127.0.0.1:1/closed" }) });
    first.alerts.handle([active("brain")]);
    await until(async () => expect((await first.state.outbox.pending(1))[0]?.attempts).toBe(1));
    await first.crash();
    const hook = await receiver();
    const second = await start({ config: configWith({ url: hook.url }) });
    await settled(second);
    expect(hook.told()).toEqual(["firing brain"]);
    const [delivery] = await second.alerts.deliveries("default");
    expect(delivery?.attempts.map((attempt) => attempt.ok)).toEqual([false, true]);
  });

  it("tells an event again that a crash may have lost, and makes no second one of it", async () => {
    const first = await start();
    first.alerts.handle([active("brain")]);
    await until(async () => expect(await first.state.alerts.active()).toHaveLength(1));
    await first.crash();
    const { telemetry } = await start({ telemetry: first.telemetry });
    await pause(50);
    const events = await telemetry.events.query("default", { limit: 10 });
    expect(events.map((event) => [event.type, event.attributes["alert_id"]])).toEqual([
      ["alert.firing", expect.stringContaining("service_down")],
    ]);
  });
});

describe("a state store that is out of order", () => {
  it("delays what must be written, and loses neither alerts nor notifications", async () => {
    const hook = await receiver();
    const bench = await start({ config: configWith({ url: hook.url }) });
    const other = new DatabaseSync(path);
    for (const table of ["alerts", "notifications"])
      other.exec(`alter table ${table} rename to ${table}_away`);
    bench.alerts.handle([active("brain")]);
    await pause(50);
    expect(bench.alerts.active("default")).toHaveLength(1);
    expect(hook.told()).toEqual([]);
    for (const table of ["alerts", "notifications"])
      other.exec(`alter table ${table}_away rename to ${table}`);
    other.close();
    await until(() => expect(hook.told()).toEqual(["firing brain"]));
    bench.alerts.handle([resolved("brain")]);
    await until(() => expect(hook.told()).toEqual(["firing brain", "resolved brain"]));
    expect(await bench.alerts.history("default", { hours: 1, limit: 1 })).toHaveLength(1);
    expect(bench.registry.expose()).toMatch(/fleetlight_alert_write_failures_total [2-9]/);
  });
});

describe("notifications", () => {
  it("posts what Alertmanager would, with headers and without telling secrets", async () => {
    const hook = await receiver();
    const bench = await start({
      config: configWith({ url: hook.url, headers: { "X-Team": "brains" } }),
    });
    bench.alerts.handle([active("brain")]);
    await settled(bench);
    const [first] = hook.received;
    const [alert] = bench.alerts.active("default");
    const labels = {
      alertname: "Service down",
      severity: "critical",
      service: "brain",
      rule_id: "service_down",
      job: "fleet",
      team: "brains",
    };
    expect(first?.headers).toMatchObject({
      "content-type": "application/json",
      "x-team": "brains",
      authorization: `Basic ${Buffer.from("hook:geheim").toString("base64")}`,
    });
    expect(first?.body).toEqual({
      version: "4",
      groupKey: `{}:{${Object.entries(labels)
        .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
        .toSorted()
        .join(", ")}}`,
      truncatedAlerts: 0,
      status: "firing",
      receiver: "default",
      groupLabels: labels,
      commonLabels: labels,
      commonAnnotations: alert?.annotations,
      externalURL: "http://127.0.0.1:8051",
      alerts: [
        {
          status: "firing",
          labels,
          annotations: alert?.annotations,
          startsAt: alert?.active_at,
          endsAt: "0001-01-01T00:00:00Z",
          generatorURL: `http://127.0.0.1:8051/dashboard/alerts/${alert?.id}`,
          fingerprint: fingerprintOf(labels),
        },
      ],
    });
    const [delivery] = await bench.alerts.deliveries("default", { alertId: alert?.id });
    expect(Delivery.parse(delivery)).toMatchObject({
      target: hook.target,
      state: "delivered",
      attempts: [{ ok: true, status_code: 200 }],
    });
    expect(JSON.stringify(await bench.alerts.deliveries("default"))).not.toContain("geheim");
  });

  it("tells the end as well, with when it was, unless that is not wanted", async () => {
    const hook = await receiver();
    const bench = await start({ config: configWith({ url: hook.url }) });
    bench.alerts.handle([active("brain")]);
    await until(() => expect(hook.told()).toHaveLength(1));
    bench.alerts.handle([resolved("brain")]);
    await until(() => expect(hook.told()).toEqual(["firing brain", "resolved brain"]));
    expect(hook.received[1]?.body.groupKey).toBe(hook.received[0]?.body.groupKey);
    expect(Date.parse(hook.received[1]?.body.alerts[0]?.endsAt ?? "")).toBeGreaterThan(0);
    bench.configure(configWith({ url: hook.url, send_resolved: false }));
    bench.alerts.handle([active("mouth")]);
    await settled(bench);
    bench.alerts.handle([resolved("mouth")]);
    await settled(bench);
    expect(hook.told().slice(2)).toEqual(["firing mouth"]);
  });

  it("tries again after 500, and the end waits for the beginning", async () => {
    const hook = await receiver({ status: 500, body: "out of\norder" });
    const bench = await start({ config: configWith({ url: hook.url }) });
    bench.alerts.handle([active("brain")]);
    await until(() => expect(hook.received).toHaveLength(1));
    bench.alerts.handle([resolved("brain")]);
    bench.alerts.handle([active("mouth")]);
    await until(() => expect(hook.told()).toHaveLength(4));
    expect(hook.told()).toEqual(["firing brain", "firing mouth", "firing brain", "resolved brain"]);
    const waited = (hook.received[2]?.atMs ?? 0) - (hook.received[0]?.atMs ?? 0);
    expect(waited).toBeGreaterThan(200);
    expect(waited).toBeLessThan(1900);
    const found = await bench.alerts.deliveries("default");
    const brain = found.find(
      ({ status, attempts }) => status === "firing" && attempts.length === 2,
    );
    expect(brain).toMatchObject({
      state: "delivered",
      attempts: [
        { ok: false, status_code: 500, error: "answered 500: out of order" },
        { ok: true, status_code: 200, error: null },
      ],
    });
  });

  it("waits as long as Retry-After asks for", async () => {
    const hook = await receiver({ status: 429, headers: { "Retry-After": "2" } });
    const bench = await start({ config: configWith({ url: hook.url }) });
    bench.alerts.handle([active("brain")]);
    await settled(bench);
    const [first, second] = hook.received.map(({ atMs }) => atMs);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(1990);
  });

  it.each<[string, Behaviour, RegExp]>([
    ["hangs", "hang", /no complete answer/],
    ["resets the connection", "reset", /closed|reset|socket/i],
    ["answers 503", 503, /answered 503/],
    ["answers 408", 408, /answered 408/],
  ])("tries again when the receiver %s", async (_, behaviour, error) => {
    const hook = await receiver(behaviour);
    const bench = await start({ config: configWith({ url: hook.url, timeout: "2s" }) });
    bench.alerts.handle([active("brain")]);
    await settled(bench);
    const [delivery] = await bench.alerts.deliveries("default");
    expect(delivery).toMatchObject({
      state: "delivered",
      attempts: [{ ok: false, error: expect.stringMatching(error) }, { ok: true }],
    });
  });

  it.each<[Behaviour, RegExp]>([
    [400, /answered 400/],
    [404, /answered 404/],
    [
      { status: 302, headers: { location: "http://169.254.169.254/" } },
      /redirects are not followed/,
    ],
  ])(
    "gives up at once after %j, and does not tell the end of what nobody heard of",
    async (behaviour, error) => {
      const hook = await receiver(behaviour);
      const bench = await start({ config: configWith({ url: hook.url }) });
      bench.alerts.handle([active("brain")]);
      await settled(bench);
      bench.alerts.handle([resolved("brain")]);
      await until(async () => expect(await bench.alerts.deliveries("default")).toHaveLength(2));
      await settled(bench);
      expect(hook.told()).toEqual(["firing brain"]);
      const states = await bench.alerts.deliveries("default");
      expect(states.map((one) => [one.status, one.state, one.attempts.length]).toSorted()).toEqual([
        ["firing", "failed", 1],
        ["resolved", "failed", 1],
      ]);
      const firing = states.find((one) => one.status === "firing");
      expect(firing?.attempts[0]?.error).toMatch(error);
      expect(bench.alerts.stats()).toMatchObject({ queued: 0, failed: 2 });
    },
  );

  it("gives up after max_attempts, and when the notification is too old", async () => {
    const often = await receiver(...Array.from({ length: 20 }, () => 500));
    const bench = await start({ config: configWith({ url: often.url, max_attempts: 2 }) });
    bench.alerts.handle([active("brain")]);
    await settled(bench);
    expect(often.received).toHaveLength(2);
    bench.configure(configWith({ url: often.url, max_age: "1s" }));
    bench.alerts.handle([active("mouth")]);
    await settled(bench);
    expect(often.received.length).toBeGreaterThan(2);
    const found = await bench.alerts.deliveries("default");
    expect(found.map((one) => one.state)).toEqual(["failed", "failed"]);
    expect(JSON.stringify(found)).toContain("given up after 2 attempts");
  });

  it("refuses to post to metadata services", async () => {
    const bench = await start({ config: configWith({ url: "http://169.254.169.254/latest" }) });
    bench.alerts.handle([active("brain")]);
    await settled(bench);
    expect((await bench.alerts.deliveries("default"))[0]?.state).toBe("failed");
  });

  it("keeps others waiting no longer than its room for slow answers", async () => {
    const hook = await receiver(...Array.from({ length: 7 }, () => "hang" as const));
    const bench = await start({ config: configWith({ url: hook.url, timeout: "60s" }) });
    const slow = Array.from({ length: 7 }, (_, index) => active(`slow${index}`));
    bench.alerts.handle(slow);
    await until(() => expect(hook.received).toHaveLength(7));
    bench.alerts.handle([active("brain")]);
    await until(() => expect(hook.told().at(-1)).toBe("firing brain"));
  });

  it("tells a receiver that is configured later of what still fires, and none that is gone", async () => {
    const hook = await receiver();
    const bench = await start();
    bench.alerts.handle([active("brain")]);
    await pause(20);
    bench.configure(configWith({ url: hook.url }));
    bench.alerts.handle([active("brain", { value: -1 })]);
    await settled(bench);
    expect(hook.told()).toEqual(["firing brain"]);
    bench.configure(configWith());
    bench.alerts.handle([resolved("brain")]);
    await pause(50);
    expect(hook.told()).toEqual(["firing brain"]);
  });

  it("stops in time although a receiver hangs", async () => {
    const hook = await receiver("hang");
    const bench = await start({ config: configWith({ url: hook.url }) });
    bench.alerts.handle([active("brain")]);
    await until(() => expect(hook.received).toHaveLength(1));
    const startedMs = Date.now();
    await bench.alerts.stop();
    expect(Date.now() - startedMs).toBeLessThan(3000);
    expect(await bench.state.outbox.pending(10)).toHaveLength(1);
  });

  it("counts what it does", async () => {
    const hook = await receiver();
    const bench = await start({ config: configWith({ url: hook.url }) });
    bench.alerts.handle([active("brain")]);
    await settled(bench);
    const exposed = bench.registry.expose();
    expect(exposed).toContain(
      'fleetlight_notification_attempts_total{channel="default/webhook[0]",outcome="ok"} 1',
    );
    expect(exposed).toContain('fleetlight_alert_transitions_total{state="firing"} 1');
    expect(exposed).toContain('fleetlight_alerts{state="firing"} 1');
  });
});

describe("cooldown", () => {
  const rule = { cooldownMs: 60_000 };

  it("tells nobody again, neither of the beginning nor of the end, and shows the alert", async () => {
    const hook = await receiver();
    const bench = await start({ config: configWith({ url: hook.url }) });
    for (let round = 0; round < 3; round++) {
      bench.alerts.handle([active("brain", { rule })]);
      await settled(bench);
      bench.alerts.handle([resolved("brain")]);
      await settled(bench);
    }
    bench.alerts.handle([active("brain", { rule })]);
    bench.alerts.handle([active("mouth", { rule })]);
    await settled(bench);
    expect(hook.told().toSorted()).toEqual(["firing brain", "firing mouth", "resolved brain"]);
    expect(bench.alerts.active("default").map((alert) => alert.service)).toContain("brain");
    expect(bench.registry.expose()).toContain(
      'fleetlight_notifications_suppressed_total{reason="cooldown"} 3',
    );
  });

  it("tells of an alert that still fires when the cooldown is over", async () => {
    const hook = await receiver();
    const bench = await start({ config: configWith({ url: hook.url }) });
    const short = { cooldownMs: 500 };
    const startedMs = Date.now();
    bench.alerts.handle([active("brain", { rule: short })]);
    await until(() => expect(hook.told()).toHaveLength(1));
    bench.alerts.handle([resolved("brain")]);
    await until(() => expect(hook.told()).toHaveLength(2));
    bench.alerts.handle([active("brain", { rule: short })]);
    await until(() => expect(hook.told()).toHaveLength(3));
    expect(hook.told()).toEqual(["firing brain", "resolved brain", "firing brain"]);
    expect((hook.received[2]?.atMs ?? 0) - startedMs).toBeGreaterThan(400);
    bench.alerts.handle([resolved("brain")]);
    await until(() => expect(hook.told()).toHaveLength(4));
  });

  it("survives a restart", async () => {
    const hook = await receiver();
    const config = configWith({ url: hook.url });
    const first = await start({ config });
    first.alerts.handle([active("brain", { rule })]);
    await settled(first);
    first.alerts.handle([resolved("brain")]);
    await until(() => expect(hook.told()).toHaveLength(2));
    await first.close();
    const second = await start({ config });
    second.alerts.handle([active("brain", { rule })]);
    await settled(second);
    expect(hook.told()).toEqual(["firing brain", "resolved brain"]);
  });
});

describe("from a sample to the webhook", () => {
  it("takes well under fifty milliseconds, end to end", async () => {
    const hook = await receiver();
    const bench = await start({ config: configWith({ url: hook.url }) });
    const { metrics } = bench.telemetry;
    const config = configWith();
    const rules = createRules({
      state: bench.state,
      metrics,
      config,
      files: () => [],
      queries: createPromQLQueries({
        metrics,
        config: () => config.query,
        subqueryStepMs: () => 1000,
        registry: createRegistry(),
        logger,
        now: Date.now,
      }),
      now: Date.now,
      logger,
      registry: createRegistry(),
      emit: (evaluations) => bench.alerts.handle(evaluations),
    });
    await rules.start();
    closing.push(async () => rules.stop());
    const appender = metrics.appender("default");
    const delays: number[] = [];
    // The machine may be busy; the fastest of many shows what the path itself costs.
    for (let round = 0; round < 50 && Math.min(...delays) >= 50; round++) {
      const service = `brain${round}`;
      const ref = appender.series({ __name__: "fleetlight_service_status", service });
      const startedMs = performance.now();
      appender.append(ref, Date.now(), 0);
      await appender.commit();
      await until(() => expect(hook.received).toHaveLength(round + 1));
      delays.push(performance.now() - startedMs);
    }
    expect(Math.min(...delays)).toBeLessThan(50);
    expect(hook.told()[0]).toBe("firing brain0");
  });
});
