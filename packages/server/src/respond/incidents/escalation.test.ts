import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { ConfigInput } from "#config";
import { DEFAULT_TENANT } from "#lib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { createReceiver, type Receiver } from "./receiver-peer.ts";
import { createIncidentBench, NOON, type IncidentBench } from "./fixture.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const T = DEFAULT_TENANT;

const down = { alertname: "Down", severity: "critical", service: "api" };
const care = { by: "ann", note: "", expiresAtMs: null, kind: "acknowledge" as const };

const person = (id: string, receiver: string, more = {}) => ({
  id,
  name: id.toUpperCase(),
  contact_methods: [{ receiver }],
  ...more,
});

type Steps = NonNullable<NonNullable<ConfigInput["escalation"]>["policies"]>[number]["steps"];

const policy = (...steps: Steps): ConfigInput => ({
  escalation: {
    people: [
      person("ann", "night"),
      person("bob", "ops", {
        contact_methods: [
          { receiver: "ops", urgency: "high" },
          { receiver: "night", after: "3m" },
        ],
        time_zone: "Europe/Berlin",
        quiet_hours: [{ start: "22:00", end: "07:00" }],
      }),
    ],
    teams: [{ id: "all", name: "All", members: ["ann", "bob"] }],
    schedules: [
      {
        id: "primary",
        name: "Primary",
        layers: [{ people: ["ann"], start: "2026-01-01T00:00:00Z", end: "2026-11-21T22:00:00Z" }],
      },
    ],
    policies: [{ id: "p", name: "P", matchers: ["severity=~critical|low"], steps }],
  },
});

describe("escalation", () => {
  let receiver: Receiver;
  let directory: string;
  let bench: IncidentBench;

  const open = async (config: ConfigInput = {}, nowMs = NOON): Promise<void> => {
    bench = await createIncidentBench({ directory, url: receiver.url, config, nowMs });
  };
  const incident = async () => {
    const [first] = await bench.list();
    if (first === undefined) throw new Error("there is no incident");
    return first;
  };

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "fleetlight-escalation-"));
    receiver = await createReceiver();
  });
  afterEach(async () => {
    await bench.close();
    await receiver.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it.each([
    ["critical", 2 * MINUTE_MS],
    ["high", 5 * MINUTE_MS],
    ["error", 5 * MINUTE_MS],
  ])("without a policy sends %s alerts again, marked, after %d ms", async (severity, afterMs) => {
    await open();
    await bench.fire({ ...down, severity });
    await bench.pass(afterMs - 1000);
    expect((await incident()).escalation).toMatchObject({ status: "waiting", name: "default" });
    await bench.pass(1000);
    const [sent] = await receiver.wait(1);
    expect(sent).toMatchObject({ path: "/ops", body: { status: "firing", receiver: "ops" } });
    expect(sent?.body.groupKey).toBe('{}:{alertname="Down"}');
    expect(sent?.body.alerts[0]?.annotations["escalation"]).toMatch(/^escalated: nobody/);
    expect((await incident()).escalation).toMatchObject({ status: "finished" });
    await bench.pass(HOUR_MS, MINUTE_MS);
    expect(receiver.got).toHaveLength(1);
  });

  it("leaves warnings alone, and everything when it is switched off", async () => {
    await open();
    await bench.fire({ ...down, severity: "warning" });
    expect((await incident()).escalation).toBeNull();
    await bench.close();
    await open({ escalation: { enabled: false } });
    await bench.fire(down);
    expect((await incident()).escalation).toBeNull();
  });

  it.each([
    ["an acknowledgement", async () => bench.incidents.acknowledge(T, (await incident()).id, care)],
    ["a resolution by hand", async () => bench.incidents.resolve(T, (await incident()).id, "ann")],
    ["the end of the alert", async () => bench.end(down)],
  ])("is stopped by %s", async (_, act) => {
    await open();
    await bench.fire(down);
    await bench.pass(MINUTE_MS);
    await act();
    await bench.pass(HOUR_MS, MINUTE_MS);
    expect((await incident()).escalation).toMatchObject({ status: "stopped" });
    expect(receiver.got).toEqual([]);
  });

  it("begins again when the acknowledgement is taken back", async () => {
    await open();
    await bench.fire(down);
    const { id } = await incident();
    await bench.incidents.acknowledge(T, id, care);
    await bench.pass(HOUR_MS, MINUTE_MS);
    await bench.incidents.unacknowledge(T, id, "ann");
    await bench.pass(2 * MINUTE_MS);
    expect((await receiver.wait(1))[0]?.path).toBe("/ops");
  });

  it("is held by a silence and by maintenance, and begins anew after them", async () => {
    await open();
    await bench.fire(down);
    await bench.pass(MINUTE_MS);
    const { id } = await bench.alertmanager.silences.set(T, {
      matchers: [{ name: "service", operator: "=", value: "api" }],
      startsAtMs: bench.clock.nowMs,
      endsAtMs: bench.clock.nowMs + HOUR_MS,
      createdBy: "ann",
      comment: "looking",
    });
    await bench.pass(5 * MINUTE_MS);
    expect((await incident()).escalation).toMatchObject({
      status: "held",
      reason: expect.stringContaining("silence"),
    });
    await bench.maintenance.create(
      T,
      {
        name: "Upgrade",
        reason: "",
        matchers: [],
        services: ["api"],
        enabled: true,
        confirm_all: false,
        schedule: {
          type: "once",
          start: new Date(bench.clock.nowMs).toISOString(),
          end: new Date(bench.clock.nowMs + 20 * MINUTE_MS).toISOString(),
        },
      },
      "ann",
    );
    await bench.alertmanager.silences.expire(T, id);
    await bench.pass(15 * MINUTE_MS);
    expect((await incident()).escalation?.reason).toContain("maintenance Upgrade");
    expect(receiver.got).toEqual([]);
    await bench.pass(8 * MINUTE_MS);
    await receiver.wait(1);
    const texts = await bench.texts((await incident()).id);
    expect(texts).toContain("People are told again");
  });

  it("tells people by their own ways, further ways later, and all of them the end", async () => {
    await open(policy({ type: "notify_person", person: "bob" }));
    await bench.fire(down);
    await bench.pass(1000);
    await receiver.wait(1);
    await bench.pass(3 * MINUTE_MS);
    await receiver.wait(2);
    expect(receiver.got.map(({ path }) => path)).toEqual(["/ops", "/night"]);
    await bench.end(down);
    await receiver.wait(4);
    expect(receiver.got.slice(2).map(({ body }) => body.status)).toEqual(["resolved", "resolved"]);
  });

  it("lets people sleep in their quiet hours when it is not urgent", async () => {
    await open(policy({ type: "notify_team", team: "all" }), NOON + 10 * HOUR_MS);
    await bench.fire({ ...down, severity: "low" });
    await bench.pass(5 * MINUTE_MS);
    await receiver.wait(1);
    expect(receiver.got.map(({ path }) => path)).toEqual(["/night"]);
    expect((await bench.texts((await incident()).id)).join()).toContain(
      "BOB (team All) has quiet hours",
    );
  });

  it("tells of a gap in the schedule and goes on", async () => {
    await open(
      policy(
        { type: "notify_schedule", schedule: "primary" },
        { type: "notify_channel", receiver: "ops" },
      ),
      NOON + 11 * HOUR_MS,
    );
    await bench.fire(down);
    await bench.pass(1000);
    await receiver.wait(1);
    expect(await bench.texts((await incident()).id)).toContain(
      "Step 1: nobody is on call in Primary",
    );
  });

  it.each([
    [
      "only_if_time",
      [{ type: "only_if_time", hours: [{ start: "18:00", end: "19:00" }] }],
      "hours",
    ],
    ["only_if_count", [{ type: "only_if_count", count: 2 }], "fewer than 2"],
    ["only_if_count", [{ type: "only_if_count", count: 2, window: "1h" }], "fewer than 2"],
  ] as [string, Steps, string][])(
    "ends at %s when that does not hold",
    async (_, steps, reason) => {
      await open(policy(...steps, { type: "notify_channel", receiver: "ops" }));
      await bench.fire(down);
      await bench.pass(2000);
      expect((await incident()).escalation).toMatchObject({
        status: "finished",
        reason: expect.stringContaining(reason),
      });
      expect(receiver.got).toEqual([]);
    },
  );

  it("repeats as often as it says", async () => {
    await open(
      policy(
        { type: "notify_channel", receiver: "ops" },
        { type: "wait", duration: "10m" },
        { type: "repeat", times: 2 },
      ),
    );
    await bench.fire(down);
    await bench.pass(2 * HOUR_MS, MINUTE_MS);
    await receiver.wait(3);
    expect((await incident()).escalation).toMatchObject({ status: "finished", round: 3 });
  });

  it("resolves when its policy says so", async () => {
    await open(policy({ type: "wait", duration: "5m" }, { type: "resolve" }));
    await bench.fire(down);
    await bench.pass(6 * MINUTE_MS);
    expect(await incident()).toMatchObject({ status: "resolved", resolved_by: "escalation P" });
  });

  it("posts an incident to a URL, again when that fails, and goes on after five times", async () => {
    const url = `${receiver.url}/hook?token=geheim`;
    await open(policy({ type: "webhook", url }, { type: "notify_channel", receiver: "night" }));
    receiver.answer(500, 500, 500, 500, 500);
    await bench.fire(down);
    await bench.pass(5 * MINUTE_MS, 1000);
    await receiver.wait(6);
    expect(receiver.got.map(({ path }) => path)).toEqual([
      ...Array.from({ length: 5 }, () => "/hook?token=geheim"),
      "/night",
    ]);
    expect(receiver.got[0]?.body).toMatchObject({
      event: "escalation",
      incident: { status: "triggered", severity: "critical", services: ["api"] },
    });
    expect(new Set(receiver.got.slice(0, 5).map(({ key }) => key)).size).toBe(1);
    const texts = (await bench.texts((await incident()).id)).join();
    expect(texts).toContain("was not reached: it answered 500");
    expect(texts).not.toContain("geheim");
  });

  it("goes on where it was after a crash, and does no step twice", async () => {
    const config = policy(
      { type: "notify_channel", receiver: "ops" },
      { type: "wait", duration: "10m" },
      { type: "notify_channel", receiver: "night" },
      { type: "wait", duration: "10m" },
      { type: "notify_channel", receiver: "ops" },
    );
    await open(config);
    await bench.fire(down);
    let nowMs = NOON;
    for (let crash = 0; crash < 9; crash++) {
      await bench.pass(2.5 * MINUTE_MS);
      nowMs = bench.clock.nowMs;
      await bench.crash();
      await open(config, nowMs);
    }
    await bench.pass(MINUTE_MS);
    // What was on its way when the process died comes again, with the key that tells so.
    const byKey = () => new Map(receiver.got.map(({ key, path }) => [key, path]));
    await expect.poll(() => [...byKey().values()]).toEqual(["/ops", "/night", "/ops"]);
    await bench.pass(HOUR_MS, MINUTE_MS);
    expect(byKey().size).toBe(3);
  });

  it("that was away for long does what is next, and not everything at once", async () => {
    const config = policy(
      { type: "wait", duration: "5m" },
      { type: "notify_channel", receiver: "ops" },
      { type: "wait", duration: "5m" },
      { type: "notify_channel", receiver: "night" },
    );
    await open(config);
    await bench.fire(down);
    await bench.crash();
    await open(config, NOON + 3 * HOUR_MS);
    await bench.pass(1000);
    await receiver.wait(1);
    await bench.pass(4 * MINUTE_MS);
    expect(receiver.got).toHaveLength(1);
    await bench.pass(2 * MINUTE_MS);
    await receiver.wait(2);
  });

  it("takes a whole night: on call, second on call, team, and back to sleep", async () => {
    const at = (text: string): number => Date.parse(`2026-11-21T${text}:00Z`);
    await open(
      {
        escalation: {
          people: [person("ann", "night"), person("bob", "ops"), person("eve", "night")],
          teams: [{ id: "leads", name: "Leads", members: ["eve"] }],
          schedules: [
            {
              id: "primary",
              name: "Primary",
              time_zone: "Europe/Berlin",
              layers: [
                {
                  people: ["ann", "bob"],
                  rotation: "daily",
                  handover: "03:00",
                  start: "2026-11-20T12:00:00Z",
                },
              ],
            },
          ],
          policies: [
            {
              id: "night",
              name: "Night",
              steps: [
                { type: "notify_schedule", schedule: "primary" },
                { type: "wait", duration: "15m" },
                { type: "notify_schedule", schedule: "primary" },
                { type: "wait", duration: "15m" },
                { type: "notify_team", team: "leads" },
                { type: "wait", duration: "30m" },
                { type: "repeat", times: 5 },
              ],
            },
          ],
        },
      },
      at("22:00"),
    );
    // The label of the alert names the policy. It fires at 23:00 in Berlin, when bob is on call until 03:00.
    await bench.fire({ ...down, escalation_policy: "night" });
    await bench.pass(4.5 * HOUR_MS, 30_000);
    const { id } = await incident();
    await bench.incidents.acknowledge(T, id, { ...care, by: "ann" });
    await bench.pass(6 * HOUR_MS, MINUTE_MS);
    const steps = (await bench.incidents.timeline(T, id, 0, 1000)).entries
      .filter(({ text }) => text.startsWith("Step"))
      .map(({ at: when, text }) => `${when.slice(11, 16)} ${text.slice(8)}`);
    expect(steps).toEqual([
      "22:00 BOB (on call in Primary) by ops",
      "22:15 BOB (on call in Primary) by ops",
      "22:30 EVE (team Leads) by night",
      "23:00 BOB (on call in Primary) by ops",
      "23:15 BOB (on call in Primary) by ops",
      "23:30 EVE (team Leads) by night",
      "00:00 BOB (on call in Primary) by ops",
      "00:15 BOB (on call in Primary) by ops",
      "00:30 EVE (team Leads) by night",
      "01:00 BOB (on call in Primary) by ops",
      "01:15 BOB (on call in Primary) by ops",
      "01:30 EVE (team Leads) by night",
      "02:00 ANN (on call in Primary) by night",
      "02:15 ANN (on call in Primary) by night",
      "02:30 EVE (team Leads) by night",
    ]);
    expect((await incident()).escalation).toMatchObject({ status: "stopped" });
    await receiver.wait(15);
  });
});
