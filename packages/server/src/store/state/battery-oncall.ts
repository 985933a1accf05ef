import { expect, it } from "vitest";

import type {
  IncidentChanges,
  StoredAcknowledgement,
  StoredEntry,
  StoredIncident,
  StoredOccurrence,
} from "./incident-records.ts";
import type { StoredMaintenance } from "./maintenance.ts";
import type { StoredOverride } from "./oncall.ts";
import type { StateStore } from "./types.ts";

const T0 = Date.parse("2026-11-21T07:00:00Z");
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

const incident = (id: string, more: Partial<StoredIncident> = {}): StoredIncident => ({
  tenant: "default",
  id,
  title: `Trouble with ${id}`,
  status: "triggered",
  severity: "critical",
  owner: "",
  runbookUrl: "",
  services: ["api"],
  groupedBy: "service api",
  groupKeys: [],
  alertsActive: 1,
  alertsTotal: 1,
  triggeredAtMs: T0,
  lastAlertMs: T0,
  acknowledgedAtMs: null,
  acknowledgedBy: null,
  acknowledgement: null,
  resolvedAtMs: null,
  resolvedBy: null,
  updatedAtMs: T0,
  mergedInto: null,
  escalation: null,
  entries: 1,
  entriesDropped: 0,
  ...more,
});

const occurrence = (
  fingerprint: string,
  more: Partial<StoredOccurrence> = {},
): StoredOccurrence => ({
  tenant: "default",
  fingerprint,
  startedAtMs: T0,
  endedAtMs: null,
  incident: "i1",
  alertId: null,
  name: "HighLoad",
  service: "api",
  severity: "critical",
  labels: { alertname: "HighLoad", quote: `"'; drop table incidents; --` },
  annotations: { summary: "ü" },
  acknowledgedAtMs: null,
  acknowledgedBy: null,
  ...more,
});

const entry = (number: number, more: Partial<StoredEntry> = {}): StoredEntry => ({
  tenant: "default",
  incident: "i1",
  number,
  atMs: T0 + number,
  kind: "note",
  by: "ann",
  text: `entry ${number}`,
  attributes: { a: "b" },
  ...more,
});

const acknowledgement = (
  fingerprint: string,
  more: Partial<StoredAcknowledgement> = {},
): StoredAcknowledgement => ({
  tenant: "default",
  fingerprint,
  alertId: null,
  labels: { alertname: "HighLoad" },
  by: "ann",
  note: "",
  atMs: T0,
  expiresAtMs: null,
  kind: "acknowledge",
  incident: null,
  ...more,
});

const changes = (more: Partial<IncidentChanges>): IncidentChanges => ({
  incidents: [],
  occurrences: [],
  entries: [],
  acknowledgements: [],
  removedAcknowledgements: [],
  ...more,
});

const idsOf = (incidents: readonly StoredIncident[]): string[] => incidents.map(({ id }) => id);

export function onCallCases(state: () => StateStore): void {
  const person = (tenant: string, id: string) => ({
    tenant,
    kind: "person" as const,
    document: { id, name: id, time_zone: "UTC", contact_methods: [], quiet_hours: [] },
    createdAtMs: T0,
    updatedAtMs: T0,
  });
  const override = (id: string, more: Partial<StoredOverride> = {}): StoredOverride => ({
    tenant: "default",
    id,
    schedule: "primary",
    person: null,
    startMs: T0,
    endMs: T0 + DAY_MS,
    note: "ill",
    by: "bob",
    createdAtMs: T0,
    ...more,
  });

  it("keeps people by tenant, kind and id, replaces and removes them", async () => {
    await state().oncall.put(person("default", "ann"));
    await state().oncall.put(person("other", "ann"));
    const changed = { ...person("default", "ann"), updatedAtMs: T0 + 1 };
    await state().oncall.put(changed);
    await state().oncall.remove("default", "team", "ann");
    expect(await state().oncall.list()).toHaveLength(2);
    expect(await state().oncall.list()).toContainEqual(changed);
    await state().oncall.remove("default", "person", "ann");
    expect(await state().oncall.list()).toEqual([person("other", "ann")]);
  });

  it("keeps overrides in the order in which they were made; they go with their schedule", async () => {
    await state().oncall.putOverride(override("b", { createdAtMs: T0 + 1, person: "ann" }));
    await state().oncall.putOverride(override("a"));
    await state().oncall.putOverride(override("c", { schedule: "other", endMs: T0 - 1 }));
    expect((await state().oncall.overrides()).map(({ id }) => id)).toEqual(["a", "c", "b"]);
    expect(await state().oncall.pruneOverrides(T0)).toBe(1);
    await state().oncall.removeOverride("default", "b");
    expect(await state().oncall.overrides()).toEqual([override("a")]);
    await state().oncall.remove("default", "schedule", "primary");
    expect(await state().oncall.overrides()).toEqual([]);
  });
}

export function maintenanceCases(state: () => StateStore): void {
  it("keeps a maintenance window exactly, replaces it and removes it", async () => {
    const made: StoredMaintenance = {
      tenant: "default",
      id: "m1",
      name: "Upgrade",
      reason: "PostgreSQL 19",
      by: "ann",
      matchers: [{ name: "job", value: "db|cache", isRegex: true, isEqual: true }],
      services: ["db"],
      schedule: {
        type: "weekly",
        weekdays: ["sunday"],
        start_time: "02:00",
        duration: "2h",
        time_zone: "Europe/Berlin",
      },
      enabled: true,
      cut: [{ startMs: T0, endMs: T0 + 1 }],
      createdAtMs: T0,
      updatedAtMs: T0,
    };
    await state().maintenance.put(made);
    expect(await state().maintenance.list()).toEqual([made]);
    const changed = { ...made, enabled: false, updatedAtMs: T0 + 1 };
    await state().maintenance.put(changed);
    await state().maintenance.remove("other", "m1");
    expect(await state().maintenance.list()).toEqual([changed]);
    await state().maintenance.remove("default", "m1");
    expect(await state().maintenance.list()).toEqual([]);
  });
}

// oxlint-disable-next-line max-lines-per-function -- a list of cases
export function incidentCases(state: () => StateStore): void {
  it("writes an incident with its alerts, timeline and acknowledgements together", async () => {
    await state().incidents.write(
      changes({
        incidents: [incident("i1", { title: "first" }), incident("i1")],
        occurrences: [occurrence("a"), occurrence("b", { startedAtMs: T0 + 1 })],
        entries: [entry(1), entry(2)],
        acknowledgements: [acknowledgement("a"), acknowledgement("b", { tenant: "other" })],
      }),
    );
    await state().incidents.write(
      changes({
        occurrences: [occurrence("a", { endedAtMs: T0 + 5, acknowledgedBy: "ann" })],
        entries: [entry(2, { text: "again" })],
        removedAcknowledgements: [{ tenant: "default", fingerprint: "b" }],
      }),
    );
    expect(await state().incidents.get("default", "i1")).toEqual(incident("i1"));
    expect(await state().incidents.get("other", "i1")).toBeUndefined();
    expect(await state().incidents.occurrences("default", "i1", 10)).toEqual([
      occurrence("b", { startedAtMs: T0 + 1 }),
      occurrence("a", { endedAtMs: T0 + 5, acknowledgedBy: "ann" }),
    ]);
    expect(await state().incidents.entries("default", "i1", 0, 10)).toEqual([entry(1), entry(2)]);
    expect(await state().incidents.entries("default", "i1", 1, 10)).toEqual([entry(2)]);
    expect(await state().incidents.acknowledgements()).toHaveLength(2);
    await state().incidents.write(
      changes({ removedAcknowledgements: [{ tenant: "default", fingerprint: "a" }] }),
    );
    expect(await state().incidents.acknowledgements()).toEqual([
      acknowledgement("b", { tenant: "other" }),
    ]);
  });

  it("finds incidents of all tenants that are open, just resolved, or have alerts that fire", async () => {
    const resolved = { status: "resolved" as const };
    await state().incidents.write(
      changes({
        incidents: [
          incident("new", { triggeredAtMs: T0 + 1 }),
          incident("foreign", { tenant: "other" }),
          incident("just", { ...resolved, resolvedAtMs: T0, triggeredAtMs: T0 + 2 }),
          incident("long ago", { ...resolved, resolvedAtMs: T0 - DAY_MS }),
          incident("still firing", { ...resolved, resolvedAtMs: T0 - DAY_MS, triggeredAtMs: 0 }),
        ],
        occurrences: [
          occurrence("a", { incident: "still firing" }),
          occurrence("b", { incident: "long ago", endedAtMs: T0 }),
        ],
      }),
    );
    expect(idsOf(await state().incidents.open(T0 - MINUTE_MS))).toEqual([
      "still firing",
      "foreign",
      "new",
      "just",
    ]);
  });

  it("lists incidents newest first, in pages, by whatever is asked", async () => {
    const all = ["a", "b", "c", "d"].map((id, index) =>
      incident(id, {
        triggeredAtMs: T0 + (index < 2 ? 0 : index),
        severity: index === 0 ? "low" : "critical",
        status: index === 1 ? "acknowledged" : "triggered",
        owner: index === 2 ? "ann" : "",
      }),
    );
    await state().incidents.write(
      changes({ incidents: all, occurrences: [occurrence("x", { incident: "b", service: "db" })] }),
    );
    const list = async (filter = {}) =>
      idsOf(await state().incidents.list("default", { limit: 10, ...filter }));
    expect(await list()).toEqual(["d", "c", "b", "a"]);
    expect(await list({ limit: 2 })).toEqual(["d", "c"]);
    expect(await list({ after: { triggeredAtMs: T0 + 2, id: "c" } })).toEqual(["b", "a"]);
    expect(await list({ after: { triggeredAtMs: T0, id: "b" } })).toEqual(["a"]);
    expect(await list({ statuses: ["acknowledged", "resolved"] })).toEqual(["b"]);
    expect(await list({ severities: ["low"] })).toEqual(["a"]);
    expect(await list({ owner: "ann" })).toEqual(["c"]);
    expect(await list({ service: "db" })).toEqual(["b"]);
    expect(await list({ startMs: T0 + 1, endMs: T0 + 3 })).toEqual(["c"]);
    expect(await state().incidents.list("other", { limit: 10 })).toEqual([]);
  });

  it("drops what ended long ago and what is too much, with timelines, and never what is open", async () => {
    const resolved = (id: string, atMs: number) =>
      incident(id, { status: "resolved", triggeredAtMs: atMs, resolvedAtMs: atMs });
    await state().incidents.write(
      changes({
        incidents: [
          resolved("old", T0 - 9 * DAY_MS),
          incident("open", { triggeredAtMs: T0 - 9 * DAY_MS }),
          ...[1, 2, 3].map((index) => resolved(`r${index}`, T0 + index)),
        ],
        occurrences: [
          occurrence("old", { startedAtMs: T0 - 9 * DAY_MS, endedAtMs: T0 - 9 * DAY_MS }),
          occurrence("open", { startedAtMs: T0 - 9 * DAY_MS }),
        ],
        entries: [entry(1, { incident: "old" }), entry(1, { incident: "r3" })],
      }),
    );
    await state().incidents.prune({
      endedBeforeMs: T0 - DAY_MS,
      maxIncidentsPerTenant: 2,
      maxOccurrencesPerTenant: 10,
    });
    expect(idsOf(await state().incidents.list("default", { limit: 10 }))).toEqual([
      "r3",
      "r2",
      "open",
    ]);
    expect(await state().incidents.entries("default", "old", 0, 10)).toEqual([]);
    expect(await state().incidents.entries("default", "r3", 0, 10)).toHaveLength(1);
    const { total } = await state().incidents.insights("default", 0, T0 + DAY_MS);
    expect(total.alerts).toBe(1);
  });
}

// oxlint-disable-next-line max-lines-per-function -- a list of cases
export function insightCases(state: () => StateStore): void {
  // oxlint-disable-next-line max-lines-per-function -- most of it is the answer
  it("counts alerts by rule, service, severity, hour, day and person", async () => {
    const at = (minutes: number) => T0 + minutes * MINUTE_MS;
    await state().incidents.write(
      changes({
        incidents: [incident("i1"), incident("i0", { triggeredAtMs: T0 - 1 })],
        occurrences: [
          occurrence("a", {
            endedAtMs: at(30),
            acknowledgedAtMs: at(2),
            acknowledgedBy: "ann",
          }),
          occurrence("a", { startedAtMs: at(70), endedAtMs: at(80) }),
          occurrence("b", {
            name: "Disk",
            service: "db",
            severity: "low",
            startedAtMs: T0 + DAY_MS,
            acknowledgedAtMs: T0 + DAY_MS + 4 * MINUTE_MS,
            acknowledgedBy: "bob",
          }),
          occurrence("before", { startedAtMs: T0 - 1 }),
          occurrence("after", { startedAtMs: T0 + 2 * DAY_MS }),
          occurrence("c", { tenant: "other" }),
        ],
      }),
    );
    const day = Math.floor(T0 / DAY_MS);
    expect(await state().incidents.insights("default", T0, T0 + 2 * DAY_MS)).toEqual({
      total: {
        alerts: 3,
        resolved: 2,
        acknowledged: 2,
        mttaMs: 3 * MINUTE_MS,
        mttrMs: 20 * MINUTE_MS,
      },
      incidents: 1,
      byRule: [
        { key: "HighLoad", alerts: 2, mttaMs: 2 * MINUTE_MS, mttrMs: 20 * MINUTE_MS },
        { key: "Disk", alerts: 1, mttaMs: 4 * MINUTE_MS, mttrMs: null },
      ],
      byService: [
        { key: "api", alerts: 2, mttaMs: 2 * MINUTE_MS, mttrMs: 20 * MINUTE_MS },
        { key: "db", alerts: 1, mttaMs: 4 * MINUTE_MS, mttrMs: null },
      ],
      bySeverity: [
        { key: "critical", alerts: 2, mttaMs: 2 * MINUTE_MS, mttrMs: 20 * MINUTE_MS },
        { key: "low", alerts: 1, mttaMs: 4 * MINUTE_MS, mttrMs: null },
      ],
      byHour: [
        { hour: 7, alerts: 2 },
        { hour: 8, alerts: 1 },
      ],
      byDay: [
        { day, alerts: 2 },
        { day: day + 1, alerts: 1 },
      ],
      flapping: [
        {
          fingerprint: "a",
          name: "HighLoad",
          service: "api",
          alerts: 2,
          meanActiveMs: 20 * MINUTE_MS,
        },
      ],
      acknowledgedBy: [
        { by: "ann", acknowledgements: 1, mttaMs: 2 * MINUTE_MS },
        { by: "bob", acknowledgements: 1, mttaMs: 4 * MINUTE_MS },
      ],
    });
  });

  it("answers a range without alerts with zeros", async () => {
    const rows = await state().incidents.insights("default", 0, 1);
    expect(rows.total).toEqual({
      alerts: 0,
      resolved: 0,
      acknowledged: 0,
      mttaMs: null,
      mttrMs: null,
    });
    expect(rows.byRule).toEqual([]);
  });
}
