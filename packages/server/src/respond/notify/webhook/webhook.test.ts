import { createHmac } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createLogger, createOutbound } from "#lib";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { WebhookConfig } from "../../../config/alertmanager/channels/webhook.ts";
import type { ChannelContext, Notification } from "../channel.ts";
import { createWebhook } from "./webhook.ts";

const outbound = createOutbound({ allowLinkLocal: false, allowAddresses: [] });
const logger = createLogger({ level: "silent", format: "json" }, { version: "test" });
const directory = await mkdtemp(join(tmpdir(), "fleetlight-webhook-"));
const nowMs = Date.UTC(2026, 10, 21);

const context: ChannelContext = {
  receiver: "ops",
  outbound,
  client: () => outbound,
  now: () => nowMs,
  templates: { text: (text) => text, html: (text) => text, escaped: (text) => text },
  externalUrl: "http://fleetlight.example",
  logger,
  readSecretFile: async (path) => (await readFile(path, "utf8")).trim(),
};

const alert = (name: string): Notification["alerts"][number] => ({
  status: "firing",
  labels: { alertname: name },
  annotations: {},
  startsAt: "2026-11-21T00:00:00.000Z",
  endsAt: "0001-01-01T00:00:00Z",
  generatorURL: "http://prometheus.example/graph",
  fingerprint: "0011223344556677",
});

const notification: Notification = {
  id: "n1",
  tenant: "default",
  receiver: "ops",
  integration: "webhook[0]",
  groupKey: '{}:{alertname="a"}',
  status: "firing",
  alerts: [alert("a"), alert("b"), alert("c")],
  groupLabels: { alertname: "a" },
  commonLabels: {},
  commonAnnotations: {},
  externalUrl: "http://fleetlight.example",
  createdAtMs: nowMs,
  reason: "group",
};

let received: { headers: IncomingHttpHeaders; body: string; url: string | undefined }[] = [];
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const body = Buffer.concat(chunks).toString();
    received.push({ headers: request.headers, body, url: request.url });
    response.end();
  });
});
let base = "";
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => (received = []));
afterAll(async () => {
  await outbound.close();
  server.closeAllConnections();
  server.close();
  await rm(directory, { recursive: true, force: true });
});

const channel = (config: Record<string, unknown>) =>
  createWebhook({ kind: "webhook", index: 0, config: WebhookConfig.parse(config) }, context);
const send = (config: Record<string, unknown>) =>
  channel(config).send(notification, new AbortController().signal);

describe("webhook", () => {
  it("posts version 4 as Alertmanager does, with the id for those who look for repetitions", async () => {
    expect(await send({ url: `${base}/hook`, headers: { "X-Team": "brains" } })).toEqual({
      ok: true,
      statusCode: 200,
    });
    expect(received[0]?.headers).toMatchObject({
      "content-type": "application/json",
      "idempotency-key": "n1",
      "x-team": "brains",
    });
    expect(received[0]?.headers).not.toHaveProperty("x-fleetlight-signature");
    expect(JSON.parse(received[0]?.body ?? "")).toEqual({
      receiver: "ops",
      status: "firing",
      alerts: notification.alerts,
      groupLabels: { alertname: "a" },
      commonLabels: {},
      commonAnnotations: {},
      externalURL: "http://fleetlight.example",
      version: "4",
      groupKey: '{}:{alertname="a"}',
      truncatedAlerts: 0,
    });
  });

  it("lists max_alerts and says how many it left out", async () => {
    await send({ url: base, max_alerts: 1 });
    expect(JSON.parse(received[0]?.body ?? "")).toMatchObject({
      alerts: [{ labels: { alertname: "a" } }],
      truncatedAlerts: 2,
    });
  });

  it("reads the URL and the secret of the signature at each attempt", async () => {
    const urlFile = join(directory, "url");
    const secretFile = join(directory, "secret");
    const config = { url_file: urlFile, signing_secret_file: secretFile };
    expect(await send(config)).toMatchObject({ ok: false, retryable: true });
    await writeFile(urlFile, `${base}/from-file\n`);
    await writeFile(secretFile, "geheim\n");
    expect(await send(config)).toMatchObject({ ok: true });
    const [{ headers, body, url } = { headers: {}, body: "", url: "" }] = received;
    expect(url).toBe("/from-file");
    const seconds = nowMs / 1000;
    const hex = createHmac("sha256", "geheim").update(`${seconds}.${body}`).digest("hex");
    expect(headers["x-fleetlight-signature"]).toBe(`t=${seconds},v1=${hex}`);
    await writeFile(urlFile, "no url");
    expect(await send(config)).toMatchObject({ ok: false, retryable: false });
  });

  it("names itself and its target without secrets, and shows what it would send", async () => {
    const made = channel({ url: "http://u:geheim@hooks.example/x?token=geheim" });
    expect(made).toMatchObject({ name: "ops/webhook[0]", target: "hooks.example/x" });
    expect(JSON.parse(await made.preview(notification))).toMatchObject({ version: "4" });
  });

  it.each([
    [{}, "one of url or url_file must be configured"],
    [{ url: "http://x", url_file: "/y" }, "at most one of url & url_file must be configured"],
    [{ url: "http://x", headers: { "a b": "c" } }, "not a header name"],
  ])("refuses %j", (config, message) => {
    const { error } = WebhookConfig.safeParse(config);
    expect(JSON.stringify(error?.issues)).toContain(message);
  });
});
