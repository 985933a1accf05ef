import type { Acknowledgement, Alert, RoutedAlert } from "@fleetlight/contract";
import { describe, expect, test } from "vitest";

import { parseAlertsSearch, toggleFacet } from "../../app/alert-search.ts";
import { flatItems, groupItems } from "./alert-groups.ts";
import { joinRows, quietWord } from "./alert-rows.ts";
import { selectAlerts } from "./alert-select.ts";

const AT = "2026-11-21T07:00:00.000Z";

const own = (id: string, part: Partial<Alert> = {}): Alert => ({
  id,
  fingerprint: `series-${id}`,
  rule_id: "slow",
  name: "Slow",
  state: "firing",
  severity: "warning",
  service: "api",
  metric: "probe_duration_seconds",
  expr: "",
  condition: ">",
  threshold: 1,
  value: 2,
  labels: { service: "api" },
  annotations: { summary: "It answers late" },
  active_at: AT,
  fired_at: AT,
  keep_firing_since: null,
  resolved_at: null,
  updated_at: AT,
  ...part,
});

const routed = (fingerprint: string, part: Partial<RoutedAlert> = {}): RoutedAlert => ({
  fingerprint,
  alert_id: null,
  labels: { alertname: "NodeDown", severity: "critical", service: "db" },
  annotations: {},
  started_at: "2026-11-21T06:00:00.000Z",
  receivers: ["ops"],
  state: "active",
  silenced_by: [],
  inhibited_by: [],
  muted_by: [],
  maintenance_by: [],
  depends_on: [],
  acknowledged_by: null,
  ...part,
});

const ack = (part: Partial<Acknowledgement>): Acknowledgement => ({
  fingerprint: "",
  alert_id: null,
  labels: {},
  by: "ada",
  note: "",
  at: AT,
  expires_at: null,
  kind: "acknowledge",
  incident: null,
  ...part,
});

const rows = joinRows(
  [
    own("one"),
    own("two", { severity: "critical", name: "Down", rule_id: "down" }),
    own("three", { state: "pending", fired_at: null, service: "web", labels: { service: "web" } }),
  ],
  [
    routed("a1", {
      alert_id: "one",
      labels: { alertname: "Slow", severity: "warning", service: "api" },
      receivers: ["pager"],
      silenced_by: ["s1"],
    }),
    routed("a2", {
      alert_id: "two",
      labels: { alertname: "Down", severity: "critical", service: "api" },
    }),
    routed("b1"),
  ],
  [ack({ fingerprint: "b1" })],
);
const keys = (search: Parameters<typeof selectAlerts>[1]) =>
  selectAlerts(rows, search).rows.map(({ key }) => key);

describe("the rows", () => {
  test("join our alerts with the pipeline, and have those of other systems", () => {
    expect(rows.map(({ key, fingerprint, receivers }) => [key, fingerprint, receivers])).toEqual([
      ["one", "a1", ["pager"]],
      ["two", "a2", ["ops"]],
      ["three", null, []],
      ["b1", "b1", ["ops"]],
    ]);
    expect(rows[3]).toMatchObject({ name: "NodeDown", severity: "critical", service: "db" });
  });

  test.each([
    [{}, null],
    [{ silenced_by: ["x"], maintenance_by: ["m"] }, "silenced"],
    [{ maintenance_by: ["m"] }, "maintenance"],
    [{ inhibited_by: ["f"], muted_by: ["night"] }, "inhibited"],
    [{ depends_on: ["f"] }, "dependency"],
    [{ muted_by: ["night"] }, "muted"],
  ])("%o is %s", (part, word) => {
    const [row] = joinRows([], [routed("c", part)], []);
    expect(row && quietWord(row)).toBe(word);
    const [acknowledged] = joinRows([], [routed("c", part)], [ack({ fingerprint: "c" })]);
    expect(acknowledged && quietWord(acknowledged)).toBe("acknowledged");
  });
});

describe("the selection", () => {
  test("puts loud before quiet, firing before pending, severe before mild", () => {
    expect(keys({})).toEqual(["two", "three", "b1", "one"]);
  });

  test.each([
    [{ q: 'severity="critical"' }, ["two", "b1"]],
    [{ q: "service=~a.*|d.*" }, ["two", "b1", "one"]],
    [{ q: "LATE web" }, ["three"]],
    [{ state: ["pending"] }, ["three"]],
    [{ severity: ["critical"], quiet: ["nothing"] }, ["two"]],
    [{ quiet: ["silenced", "acknowledged"] }, ["b1", "one"]],
    [{ receiver: ["pager"] }, ["one"]],
    [{ rule: ["Down"], service: ["nowhere"] }, []],
  ])("%o leaves %o", (search, expected) => {
    expect(keys(search)).toEqual(expected);
  });

  test("counts for each facet what passes all the others, and keeps what is chosen in sight", () => {
    const { counts } = selectAlerts(rows, { severity: ["critical"], service: ["gone"] });
    expect(Object.fromEntries(counts.service)).toEqual({ api: 1, db: 1, gone: 0 });
    expect(counts.severity).toEqual([["critical", 0]]);
    expect(selectAlerts(rows, { state: ["firing"] }).counts.state).toEqual([
      ["firing", 3],
      ["pending", 1],
    ]);
  });

  test("10,000 alerts are joined and selected within what a person feels as at once", () => {
    const many = Array.from({ length: 10_000 }, (_, at) =>
      own(`many-${at}`, { service: `s${at % 100}`, labels: { service: `s${at % 100}` } }),
    );
    const pipeline = many.map(({ id, labels }) => routed(`f-${id}`, { alert_id: id, labels }));
    const begun = performance.now();
    const joined = joinRows(many, pipeline, []);
    const { rows: found } = selectAlerts(joined, { q: 'service=~"s1.*" late' });
    expect(found).toHaveLength(1100);
    expect(performance.now() - begun).toBeLessThan(2000);
  });
});

describe("groups", () => {
  const group = (key: string, fingerprints: string[]) => ({
    key,
    labels: { alertname: key },
    receiver: "ops",
    route: "0",
    next_flush_at: null,
    fingerprints,
  });

  test("stand worst first, an alert in each of its groups, the rest last", () => {
    const { rows: chosen } = selectAlerts(rows, {});
    const items = groupItems(chosen, [group("quiet", ["a1"]), group("loud", ["a2", "a1"])]);
    expect(
      items.map((item) => (item.kind === "group" ? `# ${item.key} ${item.count}` : item.row.key)),
    ).toEqual(["# loud 2", "two", "one", "# quiet 1", "one", "# - 2", "three", "b1"]);
  });

  test("without anything left are left out", () => {
    expect(groupItems([], [group("empty", ["zz"])])).toEqual([]);
    expect(flatItems(rows)).toHaveLength(4);
  });
});

describe("the address", () => {
  test("carries facets and drops what it does not know", () => {
    expect(
      parseAlertsSearch({
        q: 5,
        view: "groups",
        state: "firing",
        severity: ["a", "a", 7, {}],
        x: 1,
      }),
    ).toEqual({ q: "5", view: "groups", state: ["firing"], severity: ["a", "7"] });
    expect(parseAlertsSearch({ q: "", view: "other", state: [] })).toEqual({});
  });

  test("a facet is put in and taken out", () => {
    const one = toggleFacet({ q: "x" }, "state", "firing");
    expect(one).toEqual({ q: "x", state: ["firing"] });
    expect(toggleFacet(one, "state", "firing")).toEqual({ q: "x" });
  });
});
