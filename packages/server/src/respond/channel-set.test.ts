import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { startServer } from "#app";
import { createConfigManager, type ConfigInput } from "#config";
import { createLogger } from "#lib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { HttpPeer } from "./notify/test-peers.ts";

const directory = mkdtempSync(join(tmpdir(), "fleetlight-channel-set-"));
const peer = new HttpPeer();
beforeAll(() => peer.start());
afterAll(async () => {
  await peer.stop();
  rmSync(directory, { recursive: true, force: true });
});

const pathOf = (name: string): string => join(directory, name);

/** The whole server, with a receiver of its own. */
function siteOf(name: string, integration: string, alerting: ConfigInput["alerting"] = {}) {
  const file = pathOf(`${name}.yml`);
  writeFileSync(
    file,
    `route: { receiver: ops, group_wait: 0s, group_interval: 1s }\nreceivers: [{ name: ops, ${integration} }]\n`,
  );
  return {
    manager: createConfigManager({
      env: {},
      overrides: {
        server: { port: 0 },
        storage: { data_dir: pathOf(`${name}-data`) },
        alerting: { alertmanager_config: file, builtin_rules: false, ...alerting },
      },
    }),
    logger: createLogger({ level: "silent", format: "json" }, { version: "test" }),
    version: "test",
  };
}

const post = async (url: string, alert: object): Promise<void> => {
  const answer = await fetch(`${url}/api/v2/alerts`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify([alert]),
  });
  expect(answer.status).toBe(200);
};

describe("the channels of a configuration", () => {
  it("run programs where these are allowed", async () => {
    const code = `require("node:fs").writeFileSync(process.argv[1], require("node:fs").readFileSync(0))`;
    const command = JSON.stringify([process.execPath, "-e", code, pathOf("told")]);
    const exec = `exec_configs: [{ command: ${command} }]`;
    expect(() => siteOf("exec", exec)).toThrow(/alerting\.exec\.enabled/);
    const server = await startServer(siteOf("exec", exec, { exec: { enabled: true } }));
    await post(server.url, { labels: { alertname: "Told" } });
    await expect
      .poll(async () => await readFile(pathOf("told"), "utf8").catch(() => ""))
      .toContain('"alertname":"Told"');
    await server.stop();
  });

  it("change the message of a group that was written before a restart", async () => {
    peer.usual = { body: { ok: true, channel: "C1", ts: "1700000000.000100" } };
    const slack = `slack_configs: [{ bot_token: xoxb-1, channel: "#ops", send_resolved: true, thread_details: false, web_api_url: "${peer.url}/" }]`;
    const startsAt = new Date(Date.now() - 60_000).toISOString();
    const alert = { labels: { alertname: "Followed" }, startsAt };
    const before = await startServer(siteOf("slack", slack));
    await post(before.url, alert);
    await expect.poll(() => peer.requests.map(({ url }) => url)).toEqual(["/chat.postMessage"]);
    await before.stop();
    const after = await startServer(siteOf("slack", slack));
    await post(after.url, { ...alert, endsAt: new Date().toISOString() });
    await expect
      .poll(() => peer.requests.map(({ url }) => url))
      .toEqual(["/chat.postMessage", "/chat.update"]);
    expect(peer.json()[1]).toMatchObject({ channel: "C1", ts: "1700000000.000100" });
    await after.stop();
  });

  it("count messages that they had to shorten", async () => {
    peer.reset();
    const teams = `msteamsv2_configs: [{ webhook_url: "${peer.url}/hook" }]`;
    const server = await startServer(siteOf("teams", teams));
    await post(server.url, {
      labels: { alertname: "Long" },
      annotations: { summary: "x".repeat(12_000), description: "y".repeat(12_000) },
    });
    await expect.poll(() => peer.requests.length).toBe(1);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toContain('fleetlight_notifications_shortened_total{kind="msteamsv2"} 1');
    await server.stop();
  });
});
