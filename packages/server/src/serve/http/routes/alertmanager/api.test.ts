import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { startServer, type RunningServer } from "#app";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { ask, makeSite } from "../../../fixture.ts";

const CONFIG = `
global: { resolve_timeout: 2m }
route:
  receiver: team
  group_by: [alertname]
  routes: [{ matchers: ['severity="critical"'], receiver: on-call }]
inhibit_rules:
  - { source_matchers: ['severity="critical"'], target_matchers: ['severity="warning"'], equal: [cluster] }
receivers: [{ name: team }, { name: on-call }, { name: nobody }]
`;

interface Shown {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  startsAt: string;
  endsAt: string;
  updatedAt: string;
  fingerprint: string;
  generatorURL?: string;
  receivers: { name: string }[];
  status: { state: string; silencedBy: string[]; inhibitedBy: string[]; mutedBy: string[] };
}
interface Silence {
  id: string;
  status: { state: string };
  startsAt: string;
  endsAt: string;
  matchers: object[];
  comment: string;
}

let directory: string;
let server: RunningServer;
let url: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "fleetlight-api-v2-"));
  const file = join(directory, "am.yml");
  writeFileSync(file, CONFIG);
  const site = makeSite({
    storage: { ephemeral: true, data_dir: join(directory, "data") },
    host: { enabled: false },
    monitoring: { self_metrics: false },
    alerting: { alertmanager_config: file, builtin_rules: false },
    server: { route_prefix: "/am/", external_url: "http://fleet.example/am" },
  });
  server = await startServer(site);
  url = `${server.url}/am/api/v2`;
}, 60_000);
afterAll(async () => {
  await server?.stop();
  rmSync(directory, { recursive: true, force: true });
});

const minutes = (count: number): string => new Date(Date.now() + count * 60_000).toISOString();
/** Every test has a tenant of its own, so that none sees what another one sent. */
const as = (tenant: string) => {
  const headers = { "x-scope-orgid": tenant };
  return {
    post: (alerts: unknown) => ask<unknown>(`${url}/alerts`, { json: alerts, headers }),
    alerts: async (query = "") => (await ask<Shown[]>(`${url}/alerts${query}`, { headers })).body,
    get: <T = unknown>(path: string) => ask<T>(`${url}${path}`, { headers }),
    silence: (body: object, query = "") =>
      ask<{ silenceID: string }>(`${url}/silences${query}`, { json: body, headers }),
    remove: (id: string) => ask<unknown>(`${url}/silence/${id}`, { method: "DELETE", headers }),
  };
};
const silence = (name: string, value: string, more: object = {}) => ({
  matchers: [{ name, value, isRegex: false, isEqual: true }],
  startsAt: minutes(0),
  endsAt: minutes(60),
  createdBy: "me",
  comment: "why",
  ...more,
});

describe("status and receivers", () => {
  it("have upstream's shape", async () => {
    const { get } = as("default");
    expect((await get("/status")).body).toMatchObject({
      cluster: { status: "ready", peers: [{ name: "fleetlight" }] },
      config: { original: expect.stringContaining("receiver: team") as string },
      uptime: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      versionInfo: { revision: "fleetlight 1.2.3-test" },
    });
    expect((await get("/receivers")).body).toEqual([
      { name: "team" },
      { name: "on-call" },
      { name: "nobody" },
    ]);
  });

  it("stand behind the prefix alone", async () => {
    for (const path of ["/api/v2/status", "/amx/api/v2/status", "/am../api/v2/status"])
      expect((await ask(`${server.url}${path}`)).status).toBe(404);
    expect((await ask(`${server.url}/am/-/ready`)).status).toBe(200);
    expect((await ask(`${server.url}/am`)).status).toBe(200);
  });
});

describe("alerts", () => {
  it("are taken with upstream's defaults for missing times", async () => {
    const { post, alerts } = as("times");
    expect((await post([{ labels: { alertname: "A", empty: "" } }])).status).toBe(200);
    const [first] = await alerts();
    expect(first?.labels).toEqual({ alertname: "A" });
    const ahead = Date.parse(first?.endsAt ?? "") - Date.parse(first?.updatedAt ?? "");
    expect(ahead).toBe(120_000);
    expect(first?.startsAt).toBe(first?.updatedAt);
    expect(first).toMatchObject({
      annotations: {},
      receivers: [{ name: "team" }],
      status: { state: "active", silencedBy: [], inhibitedBy: [], mutedBy: [] },
    });
    const given = {
      startsAt: "2020-01-01T00:00:00.5Z",
      endsAt: minutes(5),
      generatorURL: "http://p/g",
    };
    await post([{ labels: { alertname: "B" }, annotations: { a: "b" }, ...given }]);
    expect((await alerts('?filter=alertname="B"'))[0]).toMatchObject({
      ...given,
      startsAt: "2020-01-01T00:00:00.500Z",
      annotations: { a: "b" },
    });
    await post([{ labels: { alertname: "B" }, endsAt: minutes(-1) }]);
    expect(await alerts('?filter=alertname="B"')).toEqual([]);
    await post([{ labels: { alertname: "Zero" }, startsAt: "0001-01-01T00:00:00.000Z" }]);
    expect((await alerts("?filter=alertname=Zero"))[0]?.startsAt).toMatch(/^20[2-9]/);
  });

  it.each<[unknown, number, RegExp]>([
    [[{ labels: {} }], 400, /^"at least one label pair required"$/],
    [[{ labels: { a: "" } }], 400, /at least one label pair required/],
    [
      [{ labels: { a: "b" }, startsAt: minutes(2), endsAt: minutes(1) }],
      400,
      /start time must be before end time/,
    ],
    [[{ labels: { "": "b" } }], 400, /invalid label set: invalid name/],
    [[{ labels: { a: "\ud800" } }], 400, /invalid label set: invalid value/],
    [[{ labels: { a: "b" }, annotations: { "": "x" } }], 400, /invalid annotations/],
    [[{ labels: { a: "x".repeat(20_000) } }], 400, /invalid value/],
    [[{}], 422, /"code":602,"message":"0.labels in body is required"/],
    [[{ labels: { a: 1 } }], 400, /"code":400.*0\.labels\.a is not a text/],
    [
      [{ labels: { a: "b" }, startsAt: "yesterday" }],
      422,
      /0\.startsAt in body must be of type date-time/,
    ],
    [{}, 400, /the body is not a list of alerts/],
    ["", 400, /the body is not a list/],
    [[1], 400, /alert 0 is not an object/],
  ])("%j is refused with %i", async (body, status, text) => {
    const answer = await as("refused").post(body);
    expect(answer.status).toBe(status);
    expect(answer.text).toMatch(text);
  });

  it("that are right are taken although others are not", async () => {
    const { post, alerts } = as("some");
    const answer = await post([{ labels: { a: "" } }, { labels: { good: "1" } }, { labels: {} }]);
    expect([answer.status, answer.body]).toEqual([
      400,
      "at least one label pair required; at least one label pair required",
    ]);
    expect((await alerts()).map(({ labels }) => labels)).toEqual([{ good: "1" }]);
  });

  it("are filtered by matchers, receiver and state, and sorted by fingerprint", async () => {
    const { post, alerts, get, silence: make } = as("filters");
    await post([
      { labels: { alertname: "A", severity: "critical", cluster: "x" } },
      { labels: { alertname: "B", severity: "warning", cluster: "x" } },
      { labels: { alertname: "C", severity: "info" } },
    ]);
    await make(silence("alertname", "C"));
    const names = async (query: string) =>
      (await alerts(query)).map(({ labels }) => labels["alertname"] ?? "").toSorted();
    expect(await names("")).toEqual(["A", "B", "C"]);
    expect(await names("?silenced=false")).toEqual(["A", "B"]);
    expect(await names("?inhibited=false")).toEqual(["A", "C"]);
    expect(await names("?active=false")).toEqual(["B", "C"]);
    expect(await names("?active=0&silenced=no")).toEqual(["B"]);
    expect(await names("?receiver=on-.*")).toEqual(["A"]);
    expect(await names("?receiver=on")).toEqual([]);
    expect(await names("?filter=severity%3D~%22crit.*%22")).toEqual(["A"]);
    expect(await names("?filter=severity!=info&filter=cluster=x")).toEqual(["A", "B"]);
    expect(await names('?filter[]=alertname="C"')).toEqual(["C"]);
    expect(await names("?filter=cluster=")).toEqual(["C"]);
    const order = (await alerts()).map(({ fingerprint }) => fingerprint);
    expect(order).toEqual(order.toSorted());
    expect(await get("/alerts?filter=a")).toMatchObject({
      status: 400,
      body: "bad matcher format: a",
    });
    expect((await get("/alerts?receiver=(")).text).toContain("failed to parse receiver param");
  });

  it("come in the groups that they are told of in, by labels", async () => {
    const { post, get } = as("groups");
    await post([
      { labels: { alertname: "B", i: "1" } },
      { labels: { alertname: "B", i: "2" } },
      { labels: { alertname: "A", severity: "critical" } },
      { labels: { other: "1" } },
    ]);
    const groups = (
      await get<{ labels: object; receiver: object; alerts: Shown[] }[]>("/alerts/groups")
    ).body;
    expect(groups.map(({ labels, receiver, alerts }) => [labels, receiver, alerts.length])).toEqual(
      [
        [{}, { name: "team" }, 1],
        [{ alertname: "A" }, { name: "on-call" }, 1],
        [{ alertname: "B" }, { name: "team" }, 2],
      ],
    );
    expect((await get<object[]>("/alerts/groups?receiver=on-call")).body).toHaveLength(1);
  });

  it("of one tenant are not seen by another", async () => {
    await as("left").post([{ labels: { alertname: "Mine" } }]);
    expect(await as("right").alerts()).toEqual([]);
  });
});

describe("silences", () => {
  it("are made, shown, changed and ended", async () => {
    const { silence: make, get, remove, post, alerts } = as("silences");
    await post([{ labels: { alertname: "A" } }]);
    const made = await make(silence("alertname", "A"));
    expect(made.status).toBe(200);
    const id = made.body.silenceID;
    expect((await get<Silence>(`/silence/${id}`)).body).toMatchObject({
      id,
      status: { state: "active" },
      comment: "why",
      matchers: [{ name: "alertname", value: "A", isRegex: false, isEqual: true }],
    });
    expect((await alerts())[0]?.status).toMatchObject({ state: "suppressed", silencedBy: [id] });
    const shown = (await get<Silence>(`/silence/${id}`)).body;
    const changed = await make({ ...shown, endsAt: minutes(120), comment: "longer" });
    expect((await get<Silence>(`/silence/${changed.body.silenceID}`)).body.comment).toBe("longer");
    expect((await remove(changed.body.silenceID)).status).toBe(200);
    expect((await alerts())[0]?.status.state).toBe("active");
    const again = await remove(changed.body.silenceID);
    expect([again.status, again.text]).toEqual([500, expect.stringContaining("already expired")]);
  });

  it("are listed by state and end, and found by their matchers", async () => {
    const { silence: make, get } = as("listed");
    await make(silence("a", "late", { endsAt: minutes(90) }));
    await make(silence("a", "soon", { endsAt: minutes(30) }));
    await make(silence("a", "pending", { startsAt: minutes(10) }));
    const values = async (query = "") =>
      (await get<{ matchers: { value: string }[] }[]>(`/silences${query}`)).body.map(
        ({ matchers }) => matchers[0]?.value,
      );
    expect(await values()).toEqual(["soon", "late", "pending"]);
    expect(await values("?filter=a=late")).toEqual(["late"]);
    expect(await values("?filter=a=~late")).toEqual([]);
    expect((await get("/silences?filter=nonsense")).status).toBe(400);
  });

  it.each<[string, object, number, RegExp]>([
    [
      "an end before its start",
      silence("a", "b", { endsAt: minutes(-5) }),
      400,
      /start time must be before end time/,
    ],
    [
      "a past",
      silence("a", "b", { startsAt: minutes(-9), endsAt: minutes(-5) }),
      400,
      /end time can't be in the past/,
    ],
    ["no matchers", silence("a", "b", { matchers: [] }), 400, /at least one matcher required/],
    ["only what matches nothing", silence("a", ""), 400, /must not match the empty string/],
    [
      "a bad regular expression",
      silence("a", "b", { matchers: [{ name: "a", value: "(", isRegex: true }] }),
      400,
      /regular expression/,
    ],
    [
      "no comment",
      silence("a", "b", { comment: undefined }),
      422,
      /"code":602,"message":"comment in body is required"/,
    ],
    [
      "no isRegex",
      silence("a", "b", { matchers: [{ name: "a", value: "b" }] }),
      422,
      /matchers\.0\.isRegex in body is required/,
    ],
    [
      "no time",
      silence("a", "b", { startsAt: "soon" }),
      422,
      /startsAt in body must be of type date-time/,
    ],
    [
      "an unknown id",
      silence("a", "b", { id: "00000000-0000-0000-0000-000000000000" }),
      404,
      /silence not found/,
    ],
  ])("with %s are refused", async (_name, body, status, text) => {
    const answer = await as("bad").silence(body);
    expect([answer.status, answer.text]).toEqual([status, expect.stringMatching(text)]);
  });

  it("for everything are made only when that is confirmed", async () => {
    const { silence: make } = as("everything");
    const all = silence("a", "b", {
      matchers: [{ name: "alertname", value: ".+", isRegex: true }],
    });
    expect((await make(all)).status).toBe(400);
    expect((await make(all, "?confirm=true")).status).toBe(200);
  });

  it("that are not known are not found, and what is no id is said to be none", async () => {
    const { get, remove } = as("unknown");
    const id = "00000000-0000-0000-0000-000000000000";
    expect(await get(`/silence/${id}`)).toMatchObject({ status: 404, text: "" });
    expect((await remove(id)).status).toBe(404);
    expect((await get("/silence/x")).text).toContain("silenceID in path must be of type uuid");
  });
});

describe("ten thousand alerts in a thousand groups", () => {
  it("are answered in pieces, whole and quickly", async () => {
    const { post, alerts, get } = as("many");
    const all = Array.from({ length: 10_000 }, (_, index) => ({
      labels: { alertname: `A${index % 1000}`, instance: `i${index}`, job: "j", severity: "info" },
      annotations: { summary: "something is wrong with it" },
    }));
    for (let at = 0; at < all.length; at += 2500)
      expect((await post(all.slice(at, at + 2500))).status).toBe(200);
    expect(await alerts()).toHaveLength(10_000);
    const measure = async (path: string): Promise<number> => {
      const startedMs = performance.now();
      expect((await get(path)).status).toBe(200);
      return performance.now() - startedMs;
    };
    const took: Record<string, number> = {};
    for (const path of ["/alerts", "/alerts/groups", "/alerts?filter=instance=i77"]) {
      await measure(path);
      took[path] = Math.round(
        Math.min(await measure(path), await measure(path), await measure(path)),
      );
    }
    const groups = (await get<{ alerts: object[] }[]>("/alerts/groups")).body;
    expect([groups.length, groups[0]?.alerts.length]).toEqual([1000, 10]);
    // The goal is 200 ms on a machine that does nothing else; ten times that is a fault anywhere.
    expect(Math.max(...Object.values(took)), JSON.stringify(took)).toBeLessThan(2000);
    if (process.env["SHOW_FIGURES"] !== undefined) console.log(took);
  }, 60_000);
});
