import { MaintenanceInput } from "@fleetlight/contract";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { createLogger } from "#lib";
import { createStateStore, type StateStore } from "#store";

import type { AlertView } from "../alertmanager.ts";
import type { PipelineAlert } from "../types.ts";
import { createMaintenance, type Maintenance } from "./index.ts";

const logger = createLogger({ level: "silent", format: "json" }, { version: "test" });
const at = (text: string): number => Date.parse(`${text}Z`);
const iso = (text: string): string => `${text}:00.000Z`;

const alert = (labels: Record<string, string>, tenant = "default"): PipelineAlert => ({
  tenant,
  fingerprint: Object.values(labels).join("-"),
  labels,
  annotations: {},
  startsAtMs: 0,
  endsAtMs: Infinity,
  updatedAtMs: 0,
  generatorUrl: "",
  alertId: null,
  timesOut: false,
  cooldownMs: 0,
});

const view = (one: PipelineAlert): AlertView => ({
  alert: one,
  receivers: [],
  status: {
    state: "active",
    silencedBy: [],
    inhibitedBy: [],
    mutedBy: [],
    maintenanceBy: [],
    dependsOn: [],
    acknowledgedBy: null,
  },
});

const window = (more: object = {}): MaintenanceInput =>
  MaintenanceInput.parse({
    name: "Upgrade",
    reason: "new disks",
    services: ["db"],
    schedule: { type: "once", start: iso("2026-11-21T22:00"), end: iso("2026-11-22T02:00") },
    ...more,
  });

const sundays = {
  type: "weekly",
  weekdays: ["sunday"],
  start_time: "02:30",
  duration: "2h",
  time_zone: "Europe/Berlin",
} as const;

describe("maintenance", () => {
  let state: StateStore;
  let nowMs = 0;
  let active: PipelineAlert[] = [];
  let woken: string[] = [];
  let maintenance: Maintenance;

  const open = async (): Promise<Maintenance> => {
    const made = createMaintenance({
      repository: state.maintenance,
      now: () => nowMs,
      logger,
      alerts: {
        alerts: async (tenant) => active.filter((one) => one.tenant === tenant).map(view),
        wake: (_, fingerprint) => void woken.push(fingerprint),
      },
    });
    await made.start();
    return made;
  };
  const suppresses = (when: string, labels: Record<string, string>): number =>
    maintenance.suppressedBy(alert(labels), at(when)).length;

  beforeEach(async () => {
    nowMs = at("2026-11-21T12:00");
    active = [alert({ alertname: "Down", service: "db" }), alert({ alertname: "Slow" })];
    woken = [];
    state = await createStateStore({ path: ":memory:" }, { now: () => nowMs, logger });
    maintenance = await open();
  });
  afterEach(async () => {
    maintenance.stop();
    await state.close();
  });

  it("suppresses alerts of its services from its first moment to its last", async () => {
    await maintenance.create("default", window(), "ann");
    const db = { service: "db" };
    expect(
      ["2026-11-21T21:59", "2026-11-21T22:00", "2026-11-22T01:59", "2026-11-22T02:00"].map((when) =>
        suppresses(when, db),
      ),
    ).toEqual([0, 1, 1, 0]);
    expect(suppresses("2026-11-21T23:00", { service: "api" })).toBe(0);
    expect(maintenance.suppressedBy(alert(db, "other"), at("2026-11-21T23:00"))).toEqual([]);
  });

  it("with matchers and services asks for both", async () => {
    await maintenance.create("default", window({ matchers: ["severity!=critical"] }), "ann");
    const when = "2026-11-21T23:00";
    expect(suppresses(when, { service: "db", severity: "low" })).toBe(1);
    expect(suppresses(when, { service: "db" })).toBe(1);
    expect(suppresses(when, { service: "db", severity: "critical" })).toBe(0);
    expect(suppresses(when, { service: "api", severity: "low" })).toBe(0);
  });

  it("comes back every week at its hour, whatever the clock did", async () => {
    nowMs = at("2026-10-19T00:00");
    await maintenance.create("default", window({ schedule: sundays }), "ann");
    const db = { service: "db" };
    expect(suppresses("2026-10-25T00:29", db)).toBe(0);
    expect(suppresses("2026-10-25T00:30", db)).toBe(1);
    expect(suppresses("2026-11-01T01:29", db)).toBe(0);
    expect(suppresses("2026-11-01T01:30", db)).toBe(1);
    expect(suppresses("2026-11-01T03:30", db)).toBe(0);
  });

  it("begins no earlier than it was made, and ends with `until`", async () => {
    nowMs = at("2026-11-22T03:00");
    const schedule = { ...sundays, time_zone: "UTC", until: iso("2026-11-30T00:00") };
    const made = await maintenance.create("default", window({ schedule }), "ann");
    expect(made.state).toBe("upcoming");
    expect(made.next).toEqual([{ start: iso("2026-11-29T02:30"), end: iso("2026-11-29T04:30") }]);
    nowMs = at("2026-12-01T00:00");
    expect((await maintenance.get("default", made.id)).state).toBe("ended");
  });

  it("tells its state, what is next and how many alerts it suppresses", async () => {
    const schedule = {
      type: "rrule",
      rrule: "FREQ=DAILY;COUNT=3",
      dtstart: "2026-11-21T11:00",
      duration: "90m",
    };
    const made = await maintenance.create("default", window({ schedule }), "ann");
    expect(made).toMatchObject({
      by: "ann",
      reason: "new disks",
      state: "active",
      current: { start: iso("2026-11-21T11:00"), end: iso("2026-11-21T12:30") },
      next: [
        { start: iso("2026-11-22T11:00"), end: iso("2026-11-22T12:30") },
        { start: iso("2026-11-23T11:00"), end: iso("2026-11-23T12:30") },
      ],
      suppressed: 1,
    });
    const off = await maintenance.replace(
      "default",
      made.id,
      window({ schedule, enabled: false }),
      "bob",
    );
    expect(off).toMatchObject({ state: "disabled", current: null, suppressed: 0, by: "ann" });
    expect(suppresses("2026-11-21T12:00", { service: "db" })).toBe(0);
  });

  it("previews what it would match now, without making it", async () => {
    const preview = await maintenance.preview("default", window({ matchers: ["alertname=~D.*"] }));
    expect(preview).toMatchObject({ matched_count: 1, current: null });
    expect(preview.matched).toEqual([
      { fingerprint: "Down-db", labels: { alertname: "Down", service: "db" } },
    ]);
    expect(await maintenance.list("default")).toEqual([]);
  });

  it("wakes the alerts that it concerns when it begins and when it ends", async () => {
    const told: string[] = [];
    maintenance.onChange(({ kind, window: { name } }) => told.push(`${kind} ${name}`));
    await maintenance.create("default", window(), "ann");
    maintenance.tick(at("2026-11-21T21:59"));
    expect(told).toEqual([]);
    maintenance.tick(at("2026-11-21T22:00"));
    maintenance.tick(at("2026-11-21T23:00"));
    maintenance.tick(at("2026-11-22T02:00"));
    expect(told).toEqual(["began Upgrade", "ended Upgrade"]);
    await expect.poll(() => woken).toEqual(["Down-db", "Down-db"]);
  });

  it("ends an occurrence by hand and not the ones after it", async () => {
    const schedule = {
      type: "rrule",
      rrule: "FREQ=DAILY",
      dtstart: "2026-11-21T11:00",
      duration: "90m",
    };
    const { id } = await maintenance.create("default", window({ schedule }), "ann");
    const ended = await maintenance.end("default", id);
    expect(ended).toMatchObject({ state: "upcoming", current: null });
    expect(suppresses("2026-11-21T12:00", { service: "db" })).toBe(0);
    expect(suppresses("2026-11-22T12:00", { service: "db" })).toBe(1);
    await expect(maintenance.end("default", id)).rejects.toMatchObject({ code: "conflict" });
  });

  it("is there after a restart", async () => {
    const { id } = await maintenance.create("default", window(), "ann");
    maintenance.stop();
    maintenance = await open();
    expect(suppresses("2026-11-21T23:00", { service: "db" })).toBe(1);
    await maintenance.remove("default", id);
    expect(await state.maintenance.list()).toEqual([]);
    await expect(maintenance.get("default", id)).rejects.toMatchObject({ code: "not_found" });
  });

  it("fills a calendar with every occurrence that touches the range", async () => {
    await maintenance.create("default", window(), "ann");
    await maintenance.create("default", window({ name: "Weekly", schedule: sundays }), "bob");
    await maintenance.create("default", window({ name: "Off", enabled: false }), "bob");
    const { occurrences, truncated } = maintenance.calendar(
      "default",
      at("2026-11-22T01:00"),
      at("2026-12-01T00:00"),
    );
    expect(occurrences.map(({ name, start }) => `${name} ${start.slice(0, 16)}`)).toEqual([
      "Upgrade 2026-11-21T22:00",
      "Weekly 2026-11-22T01:30",
      "Weekly 2026-11-29T01:30",
    ]);
    expect(truncated).toBe(false);
    expect(() => maintenance.calendar("default", 1, 1)).toThrow("after");
    expect(() => maintenance.calendar("default", 0, at("2026-01-01T00:00"))).toThrow("400 days");
  });

  it.each([
    ["at least one matcher", { services: [] }],
    ["match every alert", { services: [], matchers: ["team=~.*"] }],
    [
      "after schedule.start",
      { schedule: { type: "once", start: iso("2026-11-22T02:00"), end: iso("2026-11-22T02:00") } },
    ],
    ["between 1m and 366d", { schedule: { ...sundays, duration: "10s" } }],
    ["bad regular expression", { matchers: ["a=~(("] }],
    [
      "no occurrence at all",
      {
        schedule: {
          type: "rrule",
          rrule: "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
          dtstart: "2026-11-21T11:00",
          duration: "1h",
        },
      },
    ],
    [
      "day of the calendar",
      {
        schedule: {
          type: "rrule",
          rrule: "FREQ=DAILY",
          dtstart: "2026-02-30T11:00",
          duration: "1h",
        },
      },
    ],
  ])("refuses what cannot be meant: %s", async (reason, more) => {
    await expect(maintenance.create("default", window(more), "ann")).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining(reason),
    });
  });

  it("takes a window for everything when that is confirmed", async () => {
    const everything = { services: [], matchers: ["team=~.*"], confirm_all: true };
    await maintenance.create("default", window(everything), "ann");
    expect(suppresses("2026-11-21T23:00", {})).toBe(1);
  });

  it("judges 10,000 alerts in a few milliseconds", async () => {
    for (let index = 0; index < 20; index++)
      await maintenance.create("default", window({ services: [`s${index}`] }), "ann");
    const many = Array.from({ length: 10_000 }, (_, index) => alert({ service: `s${index % 40}` }));
    const started = performance.now();
    const found = many.filter(
      (one) => maintenance.suppressedBy(one, at("2026-11-21T23:00")).length > 0,
    );
    expect(found).toHaveLength(5000);
    expect(performance.now() - started).toBeLessThan(500);
  });
});
