import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { OpsgenieConfig } from "../../../config/alertmanager/channels/opsgenie.ts";
import type { NotificationChannel } from "../channel.ts";
import { HttpPeer, resolvedNotification, sampleNotification, testContext } from "../test-peers.ts";
import { createOpsgenie } from "./opsgenie.ts";

const peer = new HttpPeer();
const { stop, ...context } = testContext();
beforeAll(() => peer.start());
beforeEach(() => {
  peer.reset();
  peer.usual = { status: 202, body: { result: "Request will be processed", requestId: "1" } };
});
afterAll(async () => {
  await stop();
  await peer.stop();
});

const KEY = "sentinel-genie-key-0815";
const alias = createHash("sha256").update(sampleNotification().groupKey).digest("hex");

const channelWith = (config: Record<string, unknown> = {}): NotificationChannel =>
  createOpsgenie(
    {
      kind: "opsgenie",
      index: 0,
      config: OpsgenieConfig.parse({
        ...("api_key_file" in config ? {} : { api_key: KEY }),
        api_url: peer.url,
        ...config,
      }),
    },
    context,
  );

const send = (channel: NotificationChannel, notification = sampleNotification()) =>
  channel.send(notification, new AbortController().signal);

describe("Opsgenie", () => {
  it("is told an alert with the common labels as its details", async () => {
    expect(await send(channelWith())).toEqual({ ok: true, statusCode: 202 });
    const [request] = peer.requests;
    expect(request).toMatchObject({ method: "POST", url: "/v2/alerts" });
    expect(request?.headers.authorization).toBe(`GenieKey ${KEY}`);
    expect(peer.json()[0]).toEqual({
      alias,
      message: "[FIRING:1] QueueTooLong (worker critical)",
      description: expect.stringContaining("The queue has 120 tasks\nAlerts Firing:\nLabels:\n"),
      details: { alertname: "QueueTooLong", severity: "critical", service: "worker" },
      source: "http://fleetlight.example/#/alerts?receiver=ops",
    });
  });

  it("closes the alert by the same name", async () => {
    await send(channelWith(), resolvedNotification());
    expect(peer.requests[0]).toMatchObject({
      method: "POST",
      url: `/v2/alerts/${alias}/close?identifierType=alias`,
    });
  });

  it("is told responders, tags, priority and all the rest", async () => {
    const channel = channelWith({
      responders: [
        { type: "teams", name: "brains, {{ .CommonLabels.service }}," },
        { type: "user", username: "ada@example.org" },
        { type: "{{ .CommonLabels.kind }}schedule", id: "4711" },
        { type: "team", name: "{{ .CommonLabels.nobody }}" },
      ],
      tags: "fleet, {{ .CommonLabels.severity }},,",
      priority: '{{ if eq .CommonLabels.severity "critical" }}p1{{ else }}p3{{ end }}',
      note: "look",
      entity: "{{ .CommonLabels.service }}",
      actions: "restart, drain",
      details: { severity: "loud", runbook: "https://runbook.example" },
    });
    await send(channel);
    expect(peer.json()[0]).toMatchObject({
      responders: [
        { name: "brains", type: "team" },
        { name: "worker", type: "team" },
        { username: "ada@example.org", type: "user" },
        { id: "4711", type: "schedule" },
      ],
      tags: ["fleet", "critical"],
      priority: "P1",
      note: "look",
      entity: "worker",
      actions: ["restart", "drain"],
      details: { alertname: "QueueTooLong", severity: "loud", runbook: "https://runbook.example" },
    });
  });

  it("is told what changed when alerts are to be updated", async () => {
    await send(channelWith({ update_alerts: true, message: "new" }));
    expect(peer.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      "POST /v2/alerts",
      `PUT /v2/alerts/${alias}/message?identifierType=alias`,
      `PUT /v2/alerts/${alias}/description?identifierType=alias`,
    ]);
    expect(peer.json()[1]).toEqual({ message: "new" });
  });

  it("is asked the rest when it took only the beginning", async () => {
    peer.next = [{ status: 202 }, { status: 503 }];
    expect(await send(channelWith({ update_alerts: true }))).toMatchObject({
      ok: false,
      statusCode: 503,
      retryable: true,
    });
    expect(peer.requests).toHaveLength(2);
  });

  it("is not given more than it takes", async () => {
    const commonLabels = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`label${index}`, "x".repeat(200)]),
    );
    await send(
      channelWith({ message: "m".repeat(500), description: "d".repeat(20_000) }),
      sampleNotification({ commonLabels }),
    );
    const [body] = peer.json<{ message: string; description: string; details: object }>();
    expect(body?.message).toHaveLength(130);
    expect(body?.description).toHaveLength(15_000);
    expect(
      Object.entries(body?.details ?? {})
        .flat()
        .join("").length,
    ).toBeLessThanOrEqual(8000);
  });

  it("is reached below a path and with a key of a file", async () => {
    const directory = await mkdtemp(join(tmpdir(), "fleetlight-opsgenie-"));
    const file = join(directory, "key");
    await writeFile(file, "from a file\n");
    await send(channelWith({ api_url: `${peer.url}/eu`, api_key_file: file }));
    expect(peer.requests[0]?.url).toBe("/eu/v2/alerts");
    expect(peer.requests[0]?.headers.authorization).toBe("GenieKey from a file");
    await rm(directory, { recursive: true });
  });

  it.each([
    [422, { message: "Request body is not valid", errors: { message: "too long" } }, false],
    [429, {}, true],
    [500, {}, true],
  ])("may be asked again after %i %j: %s", async (status, body, retryable) => {
    peer.next = [{ status, body, headers: { "retry-after": "3" } }];
    expect(await send(channelWith())).toMatchObject({
      ok: false,
      statusCode: status,
      retryable,
      retryAfterMs: 3000,
    });
  });

  it("never sees its key in an error, a target or a preview", async () => {
    peer.next = [{ status: 422, body: { message: "no", errors: { key: `GenieKey ${KEY}` } } }];
    const channel = channelWith();
    const shown = [
      JSON.stringify(await send(channel)),
      channel.target,
      await channel.preview(sampleNotification()),
    ].join("\n");
    expect(shown).toContain("answered 422: no, key: GenieKey <secret>");
    expect(shown).not.toContain(KEY);
  });
});
