import { EscalationPolicyInput, PersonInput, ScheduleInput, TeamInput } from "@fleetlight/contract";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { createLogger } from "#lib";
import { createStateStore, type StateStore } from "#store";

import { urgencyOf, waysToReach } from "./contact.ts";
import { Directory, type ConfiguredEntities } from "./directory.ts";
import { choosePolicy } from "./policies.ts";
import { Schedules } from "./schedules.ts";

const logger = createLogger({ level: "silent", format: "json" }, { version: "test" });
const NOW = Date.parse("2026-11-21T12:00:00Z");
const T = "default";

const person = (id: string, more = {}) => PersonInput.parse({ id, name: id, ...more });
const hook = (url: string, more = {}) =>
  EscalationPolicyInput.parse({
    id: "hook",
    name: "Hook",
    steps: [{ type: "webhook", url }],
    ...more,
  });

describe("the directory", () => {
  let state: StateStore;
  let directory: Directory;
  const configured: ConfiguredEntities = {
    person: [person("file")],
    team: [],
    schedule: [],
    policy: [],
  };
  const open = async (): Promise<Directory> => {
    const made = new Directory({
      repository: state.oncall,
      configured: () => configured,
      receivers: () => ["ops"],
      now: () => NOW,
    });
    await made.load();
    return made;
  };

  beforeEach(async () => {
    state = await createStateStore({ path: ":memory:" }, { now: () => NOW, logger });
    directory = await open();
  });
  afterEach(() => state.close());

  it("keeps what was made, for its tenant, over a restart", async () => {
    await directory.create(T, "person", person("ann"));
    directory = await open();
    expect(
      directory.list(T, "person").map(({ document: { id }, origin }) => `${id} ${origin}`),
    ).toEqual(["ann api", "file config"]);
    expect(directory.list("other", "person")).toHaveLength(1);
    await expect(directory.create(T, "person", person("ann"))).rejects.toMatchObject({
      status: 409,
    });
  });

  it("lets the file win, and changes nothing of it", async () => {
    await state.oncall.put({
      tenant: T,
      kind: "person",
      document: person("file", { name: "of the API" }),
      createdAtMs: 1,
      updatedAtMs: 1,
    });
    directory = await open();
    expect(directory.get(T, "person", "file").document.name).toBe("file");
    await expect(directory.remove(T, "person", "file")).rejects.toMatchObject({ status: 409 });
    await expect(directory.replace(T, "person", person("file"))).rejects.toMatchObject({
      status: 409,
    });
  });

  it("keeps a hidden address of a webhook, and takes a new one", async () => {
    const secret = "https://hooks.example/services/T0/B0/geheim";
    await directory.create(T, "policy", hook(secret));
    const shown = hook("https://hooks.example/[redacted]", { name: "Renamed" });
    const again = await directory.replace(T, "policy", shown);
    expect(again.document).toMatchObject({ name: "Renamed", steps: [{ url: secret }] });
    const moved = await directory.replace(T, "policy", hook("https://other.example/x"));
    expect(moved.document.steps).toEqual([{ type: "webhook", url: "https://other.example/x" }]);
  });

  it("refuses to remove what something else names", async () => {
    await directory.create(T, "person", person("ann"));
    const team = TeamInput.parse({ id: "core", name: "Core", members: ["ann"] });
    await directory.create(T, "team", team);
    await directory.create(
      T,
      "policy",
      EscalationPolicyInput.parse({
        id: "p",
        name: "P",
        steps: [{ type: "notify_team", team: "core" }],
      }),
    );
    await expect(directory.remove(T, "person", "ann")).rejects.toThrow('team "core"');
    await expect(directory.remove(T, "team", "core")).rejects.toThrow('escalation policy "p"');
    for (const [kind, id] of [
      ["policy", "p"],
      ["team", "core"],
      ["person", "ann"],
    ] as const)
      await directory.remove(T, kind, id);
    expect(await state.oncall.list()).toEqual([]);
  });

  it("works out schedules with overrides, which survive a restart and go with the schedule", async () => {
    await directory.create(T, "person", person("ann"));
    const schedule = ScheduleInput.parse({
      id: "week",
      name: "Week",
      layers: [{ people: ["ann"], start: "2026-11-01T00:00:00Z" }],
    });
    await directory.create(T, "schedule", schedule);
    const options = { repository: state.oncall, directory, now: () => NOW };
    let schedules = new Schedules(options);
    const range = { start: "2026-11-21T10:00:00Z", end: "2026-11-21T14:00:00Z" };
    await schedules.addOverride(T, "week", { person: "file", note: "", ...range }, "ann");
    await schedules.addOverride(
      T,
      "week",
      { person: null, note: "", start: "2026-11-21T13:00:00Z", end: "2026-11-21T14:00:00Z" },
      "ann",
    );
    schedules = new Schedules(options);
    await schedules.load();
    expect(schedules.personAt(T, "week", NOW)).toBe("file");
    expect(schedules.personAt(T, "week", NOW + 3_600_000)).toBeUndefined();
    expect(schedules.personAt(T, "week", NOW + 7_200_000)).toBe("ann");
    for (const wrong of [
      { person: "nobody", note: "", ...range },
      { person: "ann", note: "", start: range.end, end: range.start },
      { person: "ann", note: "", start: "2026-11-01T00:00:00Z", end: "2026-11-02T00:00:00Z" },
    ])
      await expect(schedules.addOverride(T, "week", wrong, "ann")).rejects.toMatchObject({
        status: 400,
      });
    await directory.remove(T, "schedule", "week");
    expect(await state.oncall.overrides()).toEqual([]);
  });
});

describe("how a person is told", () => {
  const ann = person("ann", {
    time_zone: "Europe/Berlin",
    contact_methods: [
      { receiver: "mail" },
      { receiver: "sms", urgency: "high", after: "5m" },
      { receiver: "chat", urgency: "low" },
    ],
    quiet_hours: [{ start: "22:00", end: "07:00" }],
  });

  it.each([
    ["high", "2026-11-21T12:00", [0, 1]],
    ["low", "2026-11-21T12:00", [0, 2]],
    ["high", "2026-11-21T23:00", [0, 1]],
    ["low", "2026-11-21T21:00", []],
    ["low", "2026-11-22T05:59", []],
    ["low", "2026-11-22T06:00", [0, 2]],
  ] as const)("at %s urgency at %s: %j", (urgency, at, methods) => {
    const { ways } = waysToReach(ann, urgency, Date.parse(`${at}Z`));
    expect(ways.map(({ method }) => method)).toEqual(methods);
  });

  it("waits with a further way, and says why there is none", () => {
    expect(waysToReach(ann, "high", NOW).ways[1]).toEqual({ method: 1, afterMs: 300_000 });
    expect(waysToReach(person("x"), "high", NOW).reason).toBe("has no contact methods");
    const lowOnly = person("x", { contact_methods: [{ receiver: "a", urgency: "low" }] });
    expect(waysToReach(lowOnly, "high", NOW).reason).toContain("high urgency");
  });

  it.each([
    ["critical", "high"],
    ["error", "high"],
    ["warning", "low"],
    ["", "low"],
  ])("severity %j has urgency %s", (severity, urgency) => {
    expect(urgencyOf(severity)).toBe(urgency);
  });
});

it("chooses the policy with the smallest position, then by id, and none that is switched off", () => {
  const policy = (id: string, more = {}) => ({
    ...hook("https://x.example"),
    id,
    name: id,
    matchers: [{ name: "team", value: "a.*", isRegex: true, isEqual: true }],
    ...more,
  });
  const defaults = { critical: 120_000, high: 300_000 };
  const choose = (policies: EscalationPolicyInput[], labels: Record<string, string>) =>
    choosePolicy(policies, labels, "low", defaults).policy;
  const all = [policy("c"), policy("b"), policy("a", { position: 200 })];
  expect(choose(all, { team: "abc" })).toBe("b");
  expect(choose([...all, policy("z", { position: 1 })], { team: "abc" })).toBe("z");
  expect(choose([policy("b", { enabled: false }), policy("c")], { team: "abc" })).toBe("c");
  expect(choose(all, { team: "xyz" })).toBeNull();
  expect(choose([policy("n", { matchers: [] })], { team: "abc" })).toBeNull();
  expect(choose([policy("n", { matchers: [] })], { escalation_policy: "n" })).toBe("n");
});
