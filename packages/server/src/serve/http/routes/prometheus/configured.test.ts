import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { startServer, type RunningServer } from "#app";

import { ask, makeSite, startService, until } from "../../../fixture.ts";

interface Answer<Data> {
  status: string;
  data: Data;
}
interface Result {
  result: { metric: Record<string, string>; value: [number, string] }[];
}
interface Groups {
  groups: { name: string; rules: { name: string; type: string; health: string }[] }[];
}
interface Runtime {
  reloadConfigSuccess: boolean;
  lastConfigTime: string;
}
interface Targets {
  activeTargets: Record<string, unknown>[];
  droppedTargetCounts: Record<string, number>;
}

const directory = mkdtempSync(join(tmpdir(), "fleetlight-configured-"));
const file = join(directory, "fleet.yaml");
const rules = join(directory, "rules.yml");
const RULES = `groups:
- name: g
  interval: 200ms
  rules:
  - {record: "job:queue_length:sum", expr: "sum by (job) (queue_length)"}
  - {alert: Long, expr: queue_length > 10, for: 1m}
`;

let service: Awaited<ReturnType<typeof startService>>;
let site: ReturnType<typeof makeSite>;
let server: RunningServer;
beforeAll(async () => {
  service = await startService("queue_length 3\nhidden 1\n");
  const { host } = new URL(service.url);
  writeFileSync(rules, RULES);
  writeFileSync(
    file,
    `global:
  evaluation_interval: 7s
  external_labels: {region: eu, job: never}
rule_files: [rules.yml]
host: {enabled: false}
scrape_configs:
- job_name: app
  scrape_interval: 200ms
  static_configs:
  - {targets: ["${host}"], labels: {env: test}}
  - {targets: ["127.0.0.1:1"], labels: {env: dropped}}
  relabel_configs: [{source_labels: [env], regex: dropped, action: drop}]
  metric_relabel_configs: [{source_labels: [__name__], regex: hidden, action: drop}]
`,
  );
  site = makeSite({}, file);
  server = await startServer(site);
});
afterAll(async () => {
  await server.stop();
  site.remove();
  service.close();
  rmSync(directory, { recursive: true, force: true });
});

const get = async <Data>(path: string, tenant = "default"): Promise<Data> =>
  (await ask<Answer<Data>>(`${server.url}${path}`, { headers: { "x-scope-orgid": tenant } })).body
    .data;
const query = async (text: string): Promise<Result["result"]> =>
  (await get<Result>(`/api/v1/query?query=${encodeURIComponent(text)}`)).result;

describe("a server with a configuration of Prometheus", () => {
  it("scrapes its jobs and shows their targets", async () => {
    const found = await until(
      () => query("queue_length"),
      (result) => result.length > 0,
      30_000,
    );
    const { host } = new URL(service.url);
    expect(found[0]).toMatchObject({
      metric: { __name__: "queue_length", job: "app", instance: host, env: "test" },
    });
    expect(await query("hidden")).toEqual([]);
    const { activeTargets, droppedTargetCounts } = await get<Targets>("/api/v1/targets");
    expect(activeTargets).toMatchObject([{ scrapePool: "app", health: "up", lastError: "" }]);
    expect(droppedTargetCounts).toEqual({ app: 1 });
    expect(await get("/api/v1/scrape_pools")).toEqual({ scrapePools: ["app"] });
    expect(await get("/api/v1/targets", "other")).toMatchObject({ activeTargets: [] });
  });

  it("evaluates its recording rules and shows its groups", async () => {
    const found = await until(
      () => query("job:queue_length:sum"),
      (result) => result.length > 0,
      30_000,
    );
    expect(found).toMatchObject([
      {
        metric: { __name__: "job:queue_length:sum", job: "app" },
        value: [expect.any(Number), "3"],
      },
    ]);
    expect(await get<Groups>("/api/v1/rules")).toMatchObject({
      groups: [
        {
          name: "g",
          file: rules,
          rules: [
            { name: "job:queue_length:sum", type: "recording", health: "ok" },
            { name: "Long", type: "alerting", health: "ok" },
          ],
        },
      ],
    });
    expect(await get("/api/v1/rules", "other")).toEqual({ groups: [] });
  });

  it("adds its external labels to what it federates, but replaces none", async () => {
    const { text } = await ask(`${server.url}/federate?match[]=queue_length`);
    expect(text).toMatch(/queue_length\{env="test",instance="[^"]+",job="app",region="eu"\} 3 /);
  });

  it("takes the evaluation interval for the step of subqueries", async () => {
    const [sample] = await query("count_over_time(vector(1)[70s:])");
    expect(sample?.value[1]).toBe("10");
  });

  it("refuses a wrong rule file as a whole, and takes a good one into force", async () => {
    const reload = () =>
      ask<{ error: { message: string } }>(`${server.url}/-/reload`, { method: "POST" });
    const runtime = () => get<Runtime>("/api/v1/status/runtimeinfo");
    const { lastConfigTime } = await runtime();
    writeFileSync(rules, RULES.replace("sum by (job) (queue_length)", "sum("));
    const refused = await reload();
    expect(refused.status).toBe(400);
    expect(refused.body.error.message).toContain(`${rules}:5:`);
    expect((await get<Groups>("/api/v1/rules")).groups[0]?.rules[0]?.health).toBe("ok");
    expect(await runtime()).toMatchObject({ reloadConfigSuccess: false, lastConfigTime });

    writeFileSync(rules, RULES.replace("job:queue_length:sum", "renamed"));
    expect((await reload()).status).toBe(200);
    const after = await runtime();
    expect(after.reloadConfigSuccess).toBe(true);
    expect(Date.parse(after.lastConfigTime)).toBeGreaterThan(Date.parse(lastConfigTime));
    await until(
      () => query("renamed"),
      (result) => result.length > 0,
      30_000,
    );
    await until(
      () => query("job:queue_length:sum"),
      (result) => result.length === 0,
      30_000,
    );
    const { groups } = await get<Groups>("/api/v1/rules");
    expect(groups[0]?.rules.map(({ name }) => name)).toEqual(["renamed", "Long"]);
  });
});
