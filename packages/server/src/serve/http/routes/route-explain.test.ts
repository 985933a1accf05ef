import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  RoutedAlertList,
  RoutedGroupList,
  RouteExplained,
  RouteTree,
  SuppressionList,
  type ErrorBody,
} from "@fleetlight/contract";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { startServer, type RunningServer } from "#app";

import { ask, makeSite, until } from "../../fixture.ts";

const directory = mkdtempSync(join(tmpdir(), "fleetlight-routes-"));
let site: ReturnType<typeof makeSite>;
let server: RunningServer;

const CONFIGURATION = `
route:
  receiver: ops
  group_by: [alertname]
  group_wait: 0s
  group_interval: 1s
  routes:
    - matchers: [severity="critical"]
      receiver: pager
      continue: true
      routes:
        - matchers: [team=~"data|search"]
          receiver: data
          group_by: ['...']
    - matchers: [team="data"]
      receiver: data
      mute_time_intervals: [always]
time_intervals:
  - name: always
    time_intervals: [{}]
inhibit_rules:
  - source_matchers: [alertname="NodeDown"]
    target_matchers: [alertname="Slow"]
    equal: [host]
receivers: [{ name: ops }, { name: pager }, { name: data }]
`;

const url = (path: string) => `${server.url}${path}`;
const explain = (labels: object) =>
  ask<RouteExplained>(url("/api/v1/routes/explain"), { method: "POST", json: { labels } });
const postAlerts = async (...labels: Record<string, string>[]) => {
  const json = labels.map((one) => ({ labels: one, annotations: { summary: "sentinel" } }));
  const { status } = await ask(url("/api/v2/alerts"), { method: "POST", json });
  expect(status).toBe(200);
};
const alerts = async () => {
  const { body } = await ask<unknown>(url("/api/v1/pipeline/alerts"));
  return RoutedAlertList.parse(body).alerts;
};

beforeAll(async () => {
  const file = join(directory, "alertmanager.yml");
  writeFileSync(file, CONFIGURATION);
  site = makeSite({ alerting: { alertmanager_config: file } });
  server = await startServer(site);
});
afterAll(async () => {
  await server.stop();
  site.remove();
  rmSync(directory, { recursive: true });
});

describe("the tree", () => {
  it("names parents before children, with what they inherit", async () => {
    const { status, body } = await ask<unknown>(url("/api/v1/routes"));
    const { routes, receivers, count } = RouteTree.parse(body);
    expect(status).toBe(200);
    expect(count).toBe(4);
    expect(receivers).toEqual(["ops", "pager", "data"]);
    expect(routes.map(({ id, parent, receiver }) => [id, parent, receiver])).toEqual([
      ["0", null, "ops"],
      ["0/0", "0", "pager"],
      ["0/0/0", "0/0", "data"],
      ["0/1", "0", "data"],
    ]);
    expect(routes[0]).toMatchObject({ matchers: [], group_by: ["alertname"], continues: false });
    expect(routes[1]).toMatchObject({ matchers: ['severity="critical"'], continues: true });
    expect(routes[2]).toMatchObject({
      matchers: ['team=~"data|search"'],
      group_by_all: true,
      group_interval_seconds: 1,
    });
    expect(routes[3]?.mute_time_intervals).toEqual(["always"]);
  });
});

describe("the way of labels", () => {
  it.each([
    [{ severity: "info" }, [["0"]], ["ops"]],
    [{ severity: "critical" }, [["0", "0/0"]], ["pager"]],
    [{ severity: "critical", team: "search" }, [["0", "0/0", "0/0/0"]], ["data"]],
    [
      { severity: "critical", team: "data" },
      [
        ["0", "0/0", "0/0/0"],
        ["0", "0/1"],
      ],
      ["data"],
    ],
  ])("%o goes by %o", async (labels, paths, receivers) => {
    const { status, body } = await explain(labels);
    const explained = RouteExplained.parse(body);
    expect(status).toBe(200);
    expect(explained.paths.map(({ routes }) => routes)).toEqual(paths);
    expect(explained.receivers).toEqual(receivers);
    expect(explained.silenced_by).toEqual([]);
  });

  it("says what mutes the last node, and in which group the alert would be", async () => {
    const { body } = await explain({ team: "data", alertname: "Late" });
    expect(body.paths).toEqual([
      {
        routes: ["0", "0/1"],
        receiver: "data",
        group_key: '{}/{team="data"}:{alertname="Late"}',
        muted_by: ["always"],
      },
    ]);
  });

  it("knows silences", async () => {
    const made = await ask<{ silenceID: string }>(url("/api/v2/silences"), {
      method: "POST",
      json: {
        matchers: [{ name: "team", value: "quiet", isRegex: false, isEqual: true }],
        startsAt: new Date(Date.now() - 1000).toISOString(),
        endsAt: new Date(Date.now() + 60_000).toISOString(),
        createdBy: "ada",
        comment: "restart",
      },
    });
    const { body } = await explain({ team: "quiet" });
    expect(body.silenced_by).toEqual([made.body.silenceID]);
  });

  it.each([[{}], [{ labels: { "a b": "c" } }], [{ labels: { a: 1 } }], [{ labels: {}, more: 1 }]])(
    "%o is refused",
    async (json) => {
      const { status, body } = await ask<ErrorBody>(url("/api/v1/routes/explain"), {
        method: "POST",
        json,
      });
      expect(status).toBe(400);
      expect(body.error.code).toBe("bad_request");
    },
  );
});

describe("the pipeline", () => {
  it("lists alerts with who is told and what keeps them quiet, and the groups they are in", async () => {
    await postAlerts(
      { alertname: "NodeDown", host: "a", severity: "critical" },
      { alertname: "Slow", host: "a", severity: "warning" },
      { alertname: "Slow", host: "b", team: "quiet" },
    );
    const found = await until(alerts, (all) => all.length === 3);
    const of = (host: string, name: string) =>
      found.find(({ labels }) => labels["host"] === host && labels["alertname"] === name);
    const down = of("a", "NodeDown");
    expect(down).toMatchObject({
      alert_id: null,
      receivers: ["pager"],
      state: "active",
      annotations: { summary: "sentinel" },
      acknowledged_by: null,
    });
    expect(of("a", "Slow")).toMatchObject({
      state: "suppressed",
      inhibited_by: [down?.fingerprint],
    });
    expect(of("b", "Slow")?.silenced_by).toHaveLength(1);

    const { body } = await ask<unknown>(url("/api/v1/pipeline/groups"));
    const { groups, count } = RoutedGroupList.parse(body);
    expect(count).toBe(2);
    expect(
      groups.map(({ receiver, labels, route, fingerprints }) => [
        receiver,
        labels,
        route,
        fingerprints.length,
      ]),
    ).toEqual(
      expect.arrayContaining([
        ["pager", { alertname: "NodeDown" }, "0/0", 1],
        ["ops", { alertname: "Slow" }, "0", 2],
      ]),
    );
  });

  it("notes why nobody was told at the latest tick", async () => {
    const quiet = (await alerts()).find(({ labels }) => labels["host"] === "b");
    const path = `/api/v1/pipeline/alerts/${quiet?.fingerprint}/suppressions`;
    const notes = async () =>
      SuppressionList.parse((await ask<unknown>(url(path))).body).suppressions;
    const [note] = await until(notes, (all) => all.length > 0);
    expect(note).toMatchObject({ stage: "silence", by: quiet?.silenced_by });
    const none = await ask<SuppressionList>(url("/api/v1/pipeline/alerts/nobody/suppressions"));
    expect(none.body).toEqual({ suppressions: [], count: 0 });
  });
});
