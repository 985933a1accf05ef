import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ReceiverList, ReceiverPreview, ReceiverTest, type ErrorBody } from "@fleetlight/contract";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { startServer, type RunningServer } from "#app";

import { ask, makeSite, until } from "../../fixture.ts";

const SECRET = "sentinel-token-0815";

const told: { url: string; body: string }[] = [];
let status = 200;

const read = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
};

const peer = createServer((request, response) => {
  void read(request).then((body) => {
    told.push({ url: request.url ?? "", body });
    response.writeHead(status).end(`{"message":"said ${SECRET}"}`);
  });
});

const directory = mkdtempSync(join(tmpdir(), "fleetlight-receivers-"));
let site: ReturnType<typeof makeSite>;
let server: RunningServer;

beforeAll(async () => {
  await new Promise<void>((resolve) => peer.listen(0, "127.0.0.1", resolve));
  const base = `http://127.0.0.1:${(peer.address() as AddressInfo).port}`;
  const file = join(directory, "alertmanager.yml");
  writeFileSync(
    file,
    `
route: { receiver: ops, group_wait: 0s, group_by: [alertname] }
receivers:
  - name: ops
    discord_configs:
      - webhook_url: ${base}/api/webhooks/42/${SECRET}
        severities: [critical]
        max_attempts: 5
        max_age: 2h
        fallback_receiver: team/night
    ntfy_configs:
      - { url: "${base}/topic", token: ${SECRET}, send_resolved: false, rate_limit_per_minute: 10 }
  - name: team/night
    mattermost_configs:
      - { webhook_url: "${base}/hooks/${SECRET}", text: '{{ template "nowhere" . }}' }
  - name: nobody
`,
  );
  site = makeSite({ alerting: { alertmanager_config: file } });
  server = await startServer(site);
});
beforeEach(() => {
  told.length = 0;
  status = 200;
});
afterAll(async () => {
  await server.stop();
  site.remove();
  peer.closeAllConnections();
  peer.close();
  rmSync(directory, { recursive: true });
});

const post = <T>(name: string, verb: string, json?: unknown) =>
  ask<T>(`${server.url}/api/v1/receivers/${encodeURIComponent(name)}/${verb}`, {
    method: "POST",
    ...(json === undefined ? {} : { json }),
  });

const list = async (): Promise<ReceiverList> => {
  const { status: code, body, text } = await ask<unknown>(`${server.url}/api/v1/receivers`);
  expect(code, text).toBe(200);
  expect(text).not.toContain(SECRET);
  return ReceiverList.parse(body);
};

describe("receivers", () => {
  it("are listed as they are configured, without secrets", async () => {
    const { receivers, count } = await list();
    expect(count).toBe(3);
    expect(receivers.map(({ name }) => name)).toEqual(["ops", "team/night", "nobody"]);
    const idle = {
      circuit: "closed",
      consecutive_failures: 0,
      open_since: null,
      last_success_at: null,
      last_error: null,
      queued: 0,
      in_flight: 0,
      oldest_queued_at: null,
    };
    expect(receivers[0]?.integrations).toEqual([
      {
        name: "discord[0]",
        kind: "discord",
        target: expect.stringMatching(/^127\.0\.0\.1:\d+\/api\/webhooks\/42\/…$/),
        send_resolved: true,
        severities: ["critical"],
        rate_limit_per_minute: null,
        max_attempts: 5,
        max_age_seconds: 7200,
        fallback_receiver: "team/night",
        health: idle,
      },
      {
        name: "ntfy[0]",
        kind: "ntfy",
        target: expect.stringMatching(/^127\.0\.0\.1:\d+\/topic$/),
        send_resolved: false,
        severities: null,
        rate_limit_per_minute: 10,
        max_attempts: 0,
        max_age_seconds: 86_400,
        fallback_receiver: null,
        health: idle,
      },
    ]);
    expect(receivers[2]?.integrations).toEqual([]);
  });

  it("show when somebody was told, and when that failed", async () => {
    const alert = (severity: string) => [{ labels: { alertname: `Test-${severity}`, severity } }];
    const telling = (severity: string) =>
      ask(`${server.url}/api/v2/alerts`, { json: alert(severity) });
    expect((await telling("critical")).status).toBe(200);
    const after = await until(
      list,
      ({ receivers }) =>
        receivers[0]?.integrations.every(({ health }) => health?.last_success_at !== null) === true,
    );
    expect(after.receivers[0]?.integrations[0]?.health).toMatchObject({ last_error: null });
    status = 500;
    expect((await telling("warning")).status).toBe(200);
    const failing = await until(
      list,
      ({ receivers }) => receivers[0]?.integrations[1]?.health?.last_error !== null,
    );
    expect(failing.receivers[0]?.integrations[1]?.health).toMatchObject({
      consecutive_failures: 1,
      queued: 1,
      last_error: 'answered 500: {"message":"said <secret>"}',
    });
    // Only critical alerts go there.
    expect(failing.receivers[0]?.integrations[0]?.health).toMatchObject({ queued: 0 });
  });

  it("are tested through their real channels", async () => {
    const answer = await post<ReceiverTest>("ops", "test");
    expect(answer.status, answer.text).toBe(200);
    expect(ReceiverTest.parse(answer.body)).toMatchObject({
      receiver: "ops",
      ok: true,
      results: [
        { integration: "discord[0]", ok: true, status_code: 200, error: null, retryable: false },
        { integration: "ntfy[0]", ok: true, status_code: 200, error: null, retryable: false },
      ],
    });
    expect(told.map(({ url }) => url).toSorted()).toEqual([
      "/",
      `/api/webhooks/42/${SECRET}?wait=true`,
    ]);
    expect(told[0]?.body).toContain("TestAlert");
  });

  it("say what went wrong with a test, without secrets", async () => {
    status = 403;
    const answer = await post<ReceiverTest>("ops", "test");
    expect(answer.status).toBe(200);
    expect(answer.text).not.toContain(SECRET);
    expect(ReceiverTest.parse(answer.body)).toMatchObject({
      ok: false,
      results: [
        { integration: "discord[0]", ok: false, status_code: 403, retryable: false },
        { integration: "ntfy[0]", ok: false, status_code: 403, retryable: false },
      ],
    });
    const broken = await post<ReceiverTest>("team/night", "test");
    expect(broken.body.results[0]).toMatchObject({
      ok: false,
      status_code: null,
      error: expect.stringContaining("nowhere"),
    });
  });

  it("are told nothing by a preview", async () => {
    const answer = await post<ReceiverPreview>("ops", "preview");
    expect(answer.status, answer.text).toBe(200);
    const { previews } = ReceiverPreview.parse(answer.body);
    expect(previews.map(({ integration }) => integration)).toEqual(["discord[0]", "ntfy[0]"]);
    expect(previews[0]?.text).toContain("TestAlert");
    expect(answer.text).not.toContain(SECRET);
    expect(told).toEqual([]);
    const broken = await post<ReceiverPreview>("team/night", "preview", {});
    expect(broken.body.previews).toEqual([
      { integration: "mattermost[0]", text: "", error: expect.stringContaining("nowhere") },
    ]);
  });

  it("are shown what they would be told of an alert", async () => {
    const { body: alerts } = await ask<{ fingerprint: string; labels: Record<string, string> }[]>(
      `${server.url}/api/v2/alerts?filter=${encodeURIComponent('alertname="Test-critical"')}`,
    );
    const { fingerprint } = alerts[0] ?? {};
    const answer = await post<ReceiverPreview>("ops", "preview", { fingerprint });
    expect(answer.body.previews[0]?.text).toContain("Test-critical");
  });

  it.each<[string, string, unknown, number, string]>([
    ["unheard-of", "test", undefined, 404, "not_found"],
    ["unheard-of", "preview", undefined, 404, "not_found"],
    ["ops", "preview", { fingerprint: "0123456789abcdef" }, 404, "not_found"],
    ["ops", "preview", { fingerprint: 1 }, 400, "bad_request"],
    ["ops", "preview", { unknown: 1 }, 400, "bad_request"],
  ])("answer of %s/%s %j %i", async (name, verb, body, code, error) => {
    const answer = await post<ErrorBody>(name, verb, body);
    expect(answer.status, answer.text).toBe(code);
    expect(answer.body.error.code).toBe(error);
  });

  it("without integrations are tested and shown as well", async () => {
    expect((await post("nobody", "test")).body).toEqual({
      receiver: "nobody",
      ok: true,
      results: [],
    });
    expect((await post("nobody", "preview")).body).toEqual({ receiver: "nobody", previews: [] });
  });
});
