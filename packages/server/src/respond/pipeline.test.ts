import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { parseSelector } from "#lib";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";

import type { AlertmanagerChange, PostedAlert } from "./alertmanager.ts";
import { fingerprintOf } from "./fingerprint.ts";
import {
  alertmanagerConfig,
  configWith,
  createBench,
  startReceiver,
  type Behaviour,
  type Bench,
} from "./fixture.ts";

const directory = await mkdtemp(join(tmpdir(), "fleetlight-pipeline-"));
afterAll(() => rm(directory, { recursive: true, force: true }));
let closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.toReversed()) await close();
  closing = [];
});

const TENANT = "default";
const until = (check: () => unknown, timeout = 20_000): Promise<unknown> =>
  vi.waitFor(check, { timeout, interval: 5 });
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function hookWith(...behaviours: Behaviour[]) {
  const hook = await startReceiver(...behaviours);
  closing.push(hook.close);
  return hook;
}

/** `%URL%` in the text is where the receiver is. */
async function start(
  text: string,
  hook: { url: string },
  more: Partial<Parameters<typeof createBench>[0]> = {},
): Promise<Bench> {
  const path = more.path ?? join(directory, `${randomUUID()}.db`);
  const bench = await createBench({
    config: configWith(),
    alertmanager: alertmanagerConfig(`${path}.yml`, text.replaceAll("%URL%", hook.url)),
    ...more,
    path,
  });
  await bench.alerts.start();
  closing.push(() => bench.close().catch(() => undefined));
  return bench;
}

const route = (more: string): string => `
route: { receiver: hook, ${more} }
receivers: [{ name: hook, webhook_configs: [{ url: "%URL%" }] }]
`;
const QUICK = "group_by: [alertname], group_wait: 30ms, group_interval: 100ms, repeat_interval: 1h";

const alert = (labels: Record<string, string>, more: Partial<PostedAlert> = {}): PostedAlert => ({
  labels: { alertname: "Down", ...labels },
  annotations: {},
  endsAtMs: Date.now() + 3_600_000,
  ...more,
});
const over = (labels: Record<string, string>): PostedAlert =>
  alert(labels, { startsAtMs: Date.now() - 1, endsAtMs: Date.now() });

/** What was told, each as `firing a,b`: the alerts' label `i` in order. */
const said = (hook: Awaited<ReturnType<typeof hookWith>>): string[] =>
  hook.received.map(({ body }) =>
    body.alerts.map(({ status, labels }) => `${status} ${labels["i"]}`).join(", "),
  );

describe("groups", () => {
  it("waits for group_wait, then tells what is new at the ticks, and what is over", async () => {
    const hook = await hookWith();
    const { alertmanager } = await start(route(QUICK), hook);
    await alertmanager.post(TENANT, [alert({ i: "a" })]);
    await alertmanager.post(TENANT, [alert({ i: "b" }), alert({ alertname: "Slow", i: "c" })]);
    await until(() => expect(hook.received).toHaveLength(2));
    expect(said(hook).toSorted()).toEqual(["firing a, firing b", "firing c"]);
    const startedMs = Date.now();
    await alertmanager.post(TENANT, [alert({ i: "d" })]);
    await until(() => expect(said(hook).at(-1)).toBe("firing a, firing b, firing d"));
    expect(Date.now() - startedMs).toBeLessThan(2000);
    await alertmanager.post(TENANT, [over({ i: "a" })]);
    await until(() => expect(said(hook).at(-1)).toBe("firing b, firing d, resolved a"));
    await alertmanager.post(TENANT, [over({ i: "b" }), over({ i: "d" })]);
    await until(() => expect(said(hook).at(-1)).toBe("resolved b, resolved d"));
    await pause(250);
    expect(hook.received).toHaveLength(5);
  });

  it("repeats after repeat_interval, at a tick", async () => {
    const hook = await hookWith();
    const text =
      "group_by: [alertname], group_wait: 0s, group_interval: 100ms, repeat_interval: 250ms";
    const { alertmanager } = await start(route(text), hook);
    await alertmanager.post(TENANT, [alert({ i: "a" })]);
    await until(() => expect(hook.received).toHaveLength(3));
    const times = hook.received.map(({ atMs }) => atMs);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(100);
  });

  it("does not wait for an alert that began longer ago", async () => {
    const hook = await hookWith();
    const { alertmanager } = await start(route("group_wait: 1h, group_interval: 1h"), hook);
    await alertmanager.post(TENANT, [alert({ i: "old" }, { startsAtMs: Date.now() - 3_600_001 })]);
    await until(() => expect(said(hook)).toEqual(["firing old"]));
  });

  it("ends what nobody reports any more after resolve_timeout", async () => {
    const hook = await hookWith();
    const text = `global: { resolve_timeout: 300ms }\n${route(QUICK)}`;
    const { alertmanager } = await start(text, hook);
    const changes: AlertmanagerChange[] = [];
    alertmanager.onChange((change) => changes.push(change));
    await alertmanager.post(TENANT, [alert({ i: "a" }, { endsAtMs: undefined })]);
    await until(() => expect(said(hook)).toEqual(["firing a", "resolved a"]));
    await until(() =>
      expect(changes.map((one) => (one.kind === "alert" ? one.change : one.kind))).toEqual(
        expect.arrayContaining(["fired", "resolved", "delivery"]),
      ),
    );
  });

  it("keeps tenants apart", async () => {
    const hook = await hookWith();
    const { alertmanager } = await start(route(QUICK), hook);
    await alertmanager.post("a", [alert({ i: "1" })]);
    await alertmanager.post("b", [alert({ i: "2" })]);
    await until(() => expect(said(hook).toSorted()).toEqual(["firing 1", "firing 2"]));
    expect(await alertmanager.alerts("a")).toHaveLength(1);
    expect(await alertmanager.groups("c")).toEqual([]);
  });

  it("puts alerts into their new groups when the routes change", async () => {
    const hook = await hookWith();
    const bench = await start(route(QUICK), hook);
    await bench.alertmanager.post(TENANT, [alert({ i: "a" })]);
    await until(() => expect(hook.received).toHaveLength(1));
    const text = route(QUICK.replace("[alertname]", "[i]")).replace("%URL%", hook.url);
    bench.configure(configWith(), alertmanagerConfig(join(directory, `${randomUUID()}.yml`), text));
    const [group] = await bench.alertmanager.groups(TENANT);
    expect(group?.key).toBe('{}:{i="a"}');
  });
});

describe("who is not told", () => {
  it("is nobody of an alert that another one inhibits", async () => {
    const hook = await hookWith();
    const text = `${route(QUICK)}
inhibit_rules: [{ source_matchers: [severity="critical"], target_matchers: [severity="warning"], equal: [host] }]`;
    const { alertmanager } = await start(text, hook);
    await alertmanager.post(TENANT, [alert({ i: "source", severity: "critical", host: "x" })]);
    await alertmanager.post(TENANT, [
      alert({ i: "hidden", severity: "warning", host: "x" }),
      alert({ i: "shown", severity: "warning", host: "y" }),
    ]);
    await until(() => expect(said(hook)).toEqual(["firing source, firing shown"]));
    const hidden = fingerprintOf(alert({ i: "hidden", severity: "warning", host: "x" }).labels);
    const view = alertmanager.get(TENANT, hidden);
    expect(view?.status).toMatchObject({ state: "suppressed", inhibitedBy: [expect.any(String)] });
    expect(alertmanager.suppressions(TENANT, hidden)).toMatchObject([{ stage: "inhibit" }]);
    const matchers = parseSelector('{i="hidden"}').matchers;
    expect(await alertmanager.alerts(TENANT, { matchers })).toHaveLength(1);
    expect(await alertmanager.alerts(TENANT, { matchers, inhibited: false })).toEqual([]);
  });

  it("is nobody of what is silenced; the end is told when the silence is over", async () => {
    const hook = await hookWith();
    const { alertmanager } = await start(route(QUICK), hook);
    await alertmanager.post(TENANT, [alert({ i: "a" })]);
    await until(() => expect(said(hook)).toEqual(["firing a"]));
    const silence = await alertmanager.silences.set(TENANT, {
      matchers: [{ name: "i", operator: "=", value: "a" }],
      startsAtMs: Date.now(),
      endsAtMs: Date.now() + 3_600_000,
      createdBy: "anna",
      comment: "known",
    });
    expect((await alertmanager.alerts(TENANT))[0]?.status.silencedBy).toEqual([silence.id]);
    await alertmanager.post(TENANT, [over({ i: "a" })]);
    await pause(250);
    expect(hook.received).toHaveLength(1);
    await alertmanager.silences.expire(TENANT, silence.id);
    await until(() => expect(said(hook)).toEqual(["firing a", "resolved a"]));
  });

  it("is nobody within mute times, and those of other severities", async () => {
    const hook = await hookWith();
    const text = `
route:
  receiver: hook
  group_wait: 0s
  group_interval: 100ms
  routes: [{ matchers: [team="night"], mute_time_intervals: [always] }]
receivers: [{ name: hook, webhook_configs: [{ url: "%URL%", severities: [critical] }] }]
time_intervals: [{ name: always, time_intervals: [{ years: ["2020:2100"] }] }]`;
    const { alertmanager } = await start(text, hook);
    const muted = alert({ i: "muted", team: "night", severity: "critical" });
    const low = alert({ i: "low", severity: "info" });
    await alertmanager.post(TENANT, [muted, low, alert({ i: "told", severity: "critical" })]);
    await until(() => expect(said(hook)).toEqual(["firing told"]));
    const stages = (one: PostedAlert) =>
      alertmanager
        .suppressions(TENANT, fingerprintOf(one.labels))
        .map(({ stage, by }) => [stage, ...by]);
    expect(stages(muted)).toEqual([["mute_time", "always"]]);
    expect(stages(low)).toEqual([["severity", "info"]]);
    expect(alertmanager.get(TENANT, fingerprintOf(muted.labels))?.status.mutedBy).toEqual([
      "always",
    ]);
  });

  it("is nobody who could be told of maintenance, or has taken it on; ends are told", async () => {
    const hook = await hookWith();
    const text = "group_by: [i], group_wait: 0s, group_interval: 50ms, repeat_interval: 100ms";
    const { alertmanager } = await start(route(text), hook);
    const taken = new Set<string>();
    alertmanager.setAcknowledged(({ labels }) => (taken.has(labels["i"] ?? "") ? ["anna"] : []));
    alertmanager.setMaintenance(({ labels }) => (labels["i"] === "works" ? ["window"] : []));
    await alertmanager.post(TENANT, [alert({ i: "works" }), alert({ i: "a" })]);
    await until(() => expect(said(hook).length).toBeGreaterThan(1));
    taken.add("a");
    await pause(60);
    const before = hook.received.length;
    await pause(300);
    expect(hook.received.length).toBe(before);
    const status = (await alertmanager.alerts(TENANT)).map(
      ({ alert: { labels }, status: found }) => [
        labels["i"],
        found.acknowledgedBy,
        found.maintenanceBy,
      ],
    );
    expect(status.toSorted()).toEqual([
      ["a", "anna", []],
      ["works", null, ["window"]],
    ]);
    await alertmanager.post(TENANT, [over({ i: "works" }), over({ i: "a" })]);
    await until(() => expect(said(hook).at(-1)).toBe("resolved a"));
    expect(said(hook).join()).not.toContain("works");
  });

  it("is nobody of a service that fails because of another one", async () => {
    const hook = await hookWith();
    const graph: Record<string, string[]> = {
      web: ["api"],
      api: ["db"],
      ping: ["pong"],
      pong: ["ping"],
    };
    const text = route("group_by: [service], group_wait: 50ms, group_interval: 100ms");
    const dependencies = (_: string, service: string) => graph[service] ?? [];
    const { alertmanager } = await start(text, hook, { dependencies });
    const of = (service: string, severity = "critical") => alert({ i: service, service, severity });
    await alertmanager.post(
      TENANT,
      ["db", "web", "ping", "pong"].map((service) => of(service)),
    );
    await until(() => expect(hook.received).toHaveLength(3));
    await pause(150);
    // Services that depend on each other explain nothing.
    expect(said(hook).toSorted()).toEqual(["firing db", "firing ping", "firing pong"]);
    const web = alertmanager.get(TENANT, fingerprintOf(of("web").labels));
    expect(web?.status.dependsOn).toEqual([fingerprintOf(of("db").labels)]);
    await alertmanager.post(TENANT, [{ ...over({}), labels: of("db").labels }]);
    await until(() => expect(said(hook)).toContain("firing web"));
  });
});

/** Waits until nothing is under way, so that a crash repeats nothing. */
const delivered = ({ alertmanager }: Bench): Promise<unknown> =>
  until(() => expect(alertmanager.stats().queued).toBe(0));

describe("restart", () => {
  it("goes on with alerts from outside, silences and groups, and repeats nothing", async () => {
    const hook = await hookWith();
    const path = join(directory, `${randomUUID()}.db`);
    const first = await start(route(QUICK), hook, { path });
    await first.alertmanager.post(TENANT, [alert({ i: "a" })]);
    const silence = await first.alertmanager.silences.set(TENANT, {
      matchers: [{ name: "i", operator: "=", value: "b" }],
      startsAtMs: Date.now(),
      endsAtMs: Date.now() + 3_600_000,
      createdBy: "anna",
      comment: "",
    });
    await until(() => expect(hook.received).toHaveLength(1));
    await delivered(first);
    await first.crash();
    const second = await start(route(QUICK), hook, { path });
    await pause(300);
    expect(said(hook)).toEqual(["firing a"]);
    expect(second.alertmanager.silences.get(TENANT, silence.id)?.state).toBe("active");
    await second.alertmanager.post(TENANT, [over({ i: "a" })]);
    await until(() => expect(said(hook)).toEqual(["firing a", "resolved a"]));
  });

  it("tells the end of what ended meanwhile and of what nobody knows any more", async () => {
    const hook = await hookWith();
    const path = join(directory, `${randomUUID()}.db`);
    const text = route("group_by: [i], group_wait: 0s, group_interval: 100ms");
    const first = await start(text, hook, { path });
    await first.alertmanager.post(TENANT, [
      alert({ i: "ends" }, { endsAtMs: Date.now() + 1500 }),
      alert({ i: "lost" }),
    ]);
    await until(() => expect(hook.received).toHaveLength(2));
    await delivered(first);
    await first.state.receivedAlerts.prune(Infinity);
    await first.crash();
    await start(text, hook, { path });
    await until(() =>
      expect(said(hook).toSorted().slice(2)).toEqual(["resolved ends", "resolved lost"]),
    );
  });
});

describe("delivery", () => {
  const two = (one: string, other: string, more = "") => `
route: { receiver: hook, group_by: [i], group_wait: 0s, group_interval: 50ms, repeat_interval: 150ms }
receivers:
- { name: hook, webhook_configs: [{ url: "${one}", timeout: 1s, ${more} }] }
- { name: deputy, webhook_configs: [{ url: "${other}" }] }`;

  it("tells the fallback receiver of what was given up", async () => {
    const [dead, deputy] = [await hookWith(400), await hookWith()];
    const text = two(dead.url, deputy.url, "fallback_receiver: deputy");
    const bench = await start(text, dead);
    await bench.alertmanager.post(TENANT, [alert({ i: "a" })]);
    await until(() => expect(said(deputy)).toEqual(["firing a"]));
    const deliveries = await bench.alerts.deliveries(TENANT);
    expect(deliveries.find(({ receiver }) => receiver === "deputy")?.reason).toBe("fallback");
  });

  it("opens the circuit of a dead channel, keeps one notification of many, and drains it later", async () => {
    const dead = await hookWith(...Array.from({ length: 6 }, () => 503));
    const bench = await start(two(dead.url, dead.url), dead);
    await bench.alertmanager.post(TENANT, [alert({ i: "a" })]);
    await until(() => expect(bench.alertmanager.channels()[0]?.circuit).toBe("open"));
    expect(bench.alertmanager.stats()).toMatchObject({ openCircuits: 1 });
    await pause(600);
    // Several times it was time to repeat; what is told is told once.
    expect(bench.alertmanager.stats().queued).toBe(1);
    dead.behave();
    await until(() => expect(bench.alertmanager.channels()[0]?.circuit).toBe("closed"), 40_000);
    expect(bench.registry.expose()).toMatch(/fleetlight_notifications_superseded_total [1-9]/);
  }, 60_000);

  it("does not let a dead channel delay another one", async () => {
    const [dead, alive] = [
      await hookWith(...Array.from({ length: 50 }, () => "hang" as const)),
      await hookWith(),
    ];
    const text = `
route: { receiver: both, group_by: [i], group_wait: 0s, group_interval: 1s }
receivers: [{ name: both, webhook_configs: [{ url: "${dead.url}" }, { url: "${alive.url}" }] }]`;
    const { alertmanager } = await start(text, dead);
    const many = Array.from({ length: 40 }, (_, index) => alert({ i: String(index) }));
    await alertmanager.post(TENANT, many);
    await until(() => expect(alive.received).toHaveLength(40));
    expect(dead.received.length).toBeLessThanOrEqual(8);
  });

  it("keeps to a rate", async () => {
    const hook = await hookWith();
    const text = two(hook.url, hook.url, "rate_limit_per_minute: 3").replace("150ms", "1h");
    const bench = await start(text, hook);
    const many = Array.from({ length: 6 }, (_, index) => alert({ i: String(index) }));
    await bench.alertmanager.post(TENANT, many);
    await until(() => expect(hook.received).toHaveLength(3));
    await pause(300);
    expect(hook.received).toHaveLength(3);
    expect(bench.alertmanager.stats().queued).toBe(3);
  });

  it("takes notifications of others, once under an id", async () => {
    const hook = await hookWith();
    const { alertmanager } = await start(route(QUICK), hook);
    const [sample] = await alertmanager.preview(TENANT, "hook");
    const body = JSON.parse(sample?.text ?? "") as { alerts: never[] };
    const notification = {
      id: "escalation-1",
      tenant: TENANT,
      receiver: "hook",
      integration: "webhook[0]",
      groupKey: "escalation",
      status: "firing" as const,
      alerts: body.alerts,
      groupLabels: {},
      commonLabels: {},
      commonAnnotations: {},
      externalUrl: "http://x",
      createdAtMs: Date.now(),
      reason: "escalation" as const,
    };
    await alertmanager.enqueue([notification]);
    await until(() => expect(hook.received).toHaveLength(1));
    await until(() => expect(alertmanager.stats().queued).toBe(0));
    await alertmanager.enqueue([notification]);
    await until(() => expect(alertmanager.stats().queued).toBe(0));
    expect(hook.received).toHaveLength(1);
    expect(await alertmanager.testReceiver(TENANT, "hook")).toMatchObject([
      { result: { ok: true } },
    ]);
    await expect(alertmanager.testReceiver(TENANT, "nobody")).rejects.toThrow(/not known/);
  });
});

describe("explainRoute", () => {
  it("shows the way, the groups and what stands in it", async () => {
    const hook = await hookWith();
    const text = `
route:
  receiver: hook
  routes:
  - { matchers: [team="a"], continue: true, group_by: [alertname] }
  - { matchers: [alertname="Down"], receiver: other }
receivers: [{ name: hook, webhook_configs: [{ url: "%URL%" }] }, { name: other }]`;
    const { alertmanager } = await start(text, hook);
    const found = alertmanager.explainRoute(TENANT, { alertname: "Down", team: "a" });
    expect(found.paths.map((path) => path.map((step) => step.route.id))).toEqual([
      ["0", "0/0"],
      ["0", "0/1"],
    ]);
    expect(found).toMatchObject({
      receivers: ["hook", "other"],
      groupKeys: ['{}/{team="a"}:{alertname="Down"}', '{}/{alertname="Down"}:{}'],
    });
  });
});

describe("volume", () => {
  it("takes 10,000 alerts in 1,000 groups and 5,000 more at once, and lets others have their turn", async () => {
    const hook = await hookWith();
    const text = route("group_by: [group], group_wait: 100ms, group_interval: 1s");
    const { alertmanager } = await start(text, hook);
    const make = (from: number, count: number) =>
      Array.from({ length: count }, (_, index) =>
        alert({ i: String(from + index), group: String((from + index) % 1000) }),
      );
    // Processor time between two turns: other processes of a busy machine do not count.
    let longestMs = 0;
    let before = process.cpuUsage();
    const watching = setInterval(() => {
      const { user, system } = process.cpuUsage(before);
      before = process.cpuUsage();
      longestMs = Math.max(longestMs, (user + system) / 1000);
    }, 1);
    await alertmanager.post(TENANT, make(0, 10_000));
    await alertmanager.post(TENANT, make(10_000, 5000));
    await until(
      () => expect(new Set(hook.received.map(({ body }) => body.groupKey)).size).toBe(1000),
      60_000,
    );
    const startedMs = performance.now();
    expect(await alertmanager.alerts(TENANT)).toHaveLength(15_000);
    const listedMs = performance.now() - startedMs;
    clearInterval(watching);
    expect(alertmanager.stats().groups).toBe(1000);
    // On an idle machine about 20 and 100 ms; what is far above this is a loop that does not pause.
    expect(longestMs).toBeLessThan(250);
    expect(listedMs).toBeLessThan(5000);
  }, 120_000);
});
