import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { PagerdutyConfig } from "../../../config/alertmanager/channels/pagerduty.ts";
import type { NotificationChannel } from "../channel.ts";
import {
  firingAlert,
  HttpPeer,
  resolvedNotification,
  sampleNotification,
  testContext,
} from "../test-peers.ts";
import { severityOf } from "./event.ts";
import { createPagerduty } from "./pagerduty.ts";

const peer = new HttpPeer();
let shortened = 0;
const { stop, ...context } = testContext();
beforeAll(() => peer.start());
beforeEach(() => {
  peer.reset();
  peer.usual = { status: 202, body: { status: "success", dedup_key: "k" } };
});
afterAll(async () => {
  await stop();
  await peer.stop();
});

const KEY = "sentinel-routing-key-0815";

const channelWith = (config: Record<string, unknown> = {}): NotificationChannel =>
  createPagerduty(
    {
      kind: "pagerduty",
      index: 0,
      config: PagerdutyConfig.parse({
        ...("service_key" in config ? {} : { routing_key: KEY }),
        url: peer.url,
        ...config,
      }),
    },
    { ...context, shortened: () => shortened++ },
  );

const send = (channel: NotificationChannel, notification = sampleNotification()) =>
  channel.send(notification, new AbortController().signal);

const dedup = createHash("sha256").update(sampleNotification().groupKey).digest("hex");

interface Event {
  event_action: string;
  dedup_key: string;
  payload: { severity: string; custom_details: Record<string, string>; summary: string };
}

describe("PagerDuty", () => {
  it("is told an incident when a group fires", async () => {
    expect(await send(channelWith())).toEqual({ ok: true, statusCode: 202 });
    expect(peer.json()[0]).toEqual({
      routing_key: KEY,
      event_action: "trigger",
      dedup_key: dedup,
      client: "Alertmanager",
      client_url: "http://fleetlight.example/#/alerts?receiver=ops",
      payload: {
        summary: "[FIRING:1] QueueTooLong (worker critical)",
        source: "Alertmanager",
        severity: "critical",
        custom_details: {
          firing: expect.stringContaining(" - alertname = QueueTooLong\n"),
          resolved: "",
          num_firing: "1",
          num_resolved: "0",
        },
      },
    });
  });

  it("is told the end of the same incident", async () => {
    await send(channelWith());
    await send(channelWith(), resolvedNotification());
    const [begin, end] = peer.json<Event>();
    expect(end?.event_action).toBe("resolve");
    expect(end?.dedup_key).toBe(begin?.dedup_key);
  });

  it("is told everything that the configuration names", async () => {
    const channel = channelWith({
      source: "{{ .CommonLabels.service }}",
      class: "{{ .CommonLabels.alertname }}",
      component: "queue",
      group: "workers",
      severity: "{{ .CommonLabels.severity }}",
      details: { runbook: "https://runbook.example/{{ .CommonLabels.alertname }}", firing: "none" },
      links: [
        { href: "https://a.example/{{ .CommonLabels.service }}", text: "A" },
        { href: "", text: "nothing" },
        { href: "javascript:alert(1)", text: "evil" },
      ],
      images: [{ src: "https://a.example/a.png", alt: "graph" }, { alt: "none" }],
    });
    await send(channel);
    expect(peer.json()[0]).toMatchObject({
      payload: {
        source: "worker",
        class: "QueueTooLong",
        component: "queue",
        group: "workers",
        severity: "critical",
        custom_details: { runbook: "https://runbook.example/QueueTooLong", firing: "none" },
      },
      links: [{ href: "https://a.example/worker", text: "A" }],
      images: [{ src: "https://a.example/a.png", alt: "graph" }],
    });
  });

  it("takes a key of the former API", async () => {
    const path = await mkdtemp(join(tmpdir(), "fleetlight-pagerduty-"));
    const file = join(path, "key");
    await writeFile(file, "of a service\n");
    const config = PagerdutyConfig.parse({ service_key_file: file });
    const asked: string[] = [];
    const channel = createPagerduty(
      { kind: "pagerduty", index: 0, config },
      {
        ...context,
        // The address of the former API is fixed; what would go there comes to the peer.
        client: () => ({
          request: (url, options) => {
            asked.push(url);
            return context.outbound.request(peer.url, options);
          },
        }),
      },
    );
    expect(await send(channel)).toMatchObject({ ok: true });
    await send(channel, resolvedNotification());
    expect(asked[0]).toBe("https://events.pagerduty.com/generic/2010-04-15/create_event.json");
    const [begin, end] = peer.json();
    expect(begin).toMatchObject({
      service_key: "of a service",
      event_type: "trigger",
      incident_key: dedup,
      client: "Alertmanager",
      details: { num_firing: "1" },
    });
    expect(end).toMatchObject({ event_type: "resolve", incident_key: dedup });
    expect(end).not.toHaveProperty("client");
    peer.next = [{ status: 403 }];
    expect(await send(channel)).toMatchObject({ ok: false, retryable: true });
    await rm(path, { recursive: true });
  });

  it("is given shorter details when an event would be too large, with a note", async () => {
    const annotations = { text: "ü".repeat(10_000) };
    const notification = sampleNotification({
      alerts: Array.from({ length: 40 }, () => firingAlert({ a: "b" }, { annotations })),
    });
    const details = {
      again: '{{ template "pagerduty.default.instances" .Alerts.Firing }}',
    };
    const before = shortened;
    expect(await send(channelWith({ details }), notification)).toMatchObject({ ok: true });
    expect(shortened).toBe(before + 1);
    expect(Buffer.byteLength(peer.requests[0]?.body ?? "")).toBeLessThan(512_000);
    const told = peer.json<Event>()[0]?.payload.custom_details;
    expect(told?.["truncated"]).toContain("512000 bytes");
    expect(told?.["firing"]).toMatch(/^Labels:[^]*ü…$/);
    expect(told?.["num_firing"]).toBe("40");
  });

  it("is given no details when thousands of short ones are too large", async () => {
    const details = Object.fromEntries(
      Array.from({ length: 900 }, (_, index) => [`detail-${index}-${"x".repeat(900)}`, "y"]),
    );
    await send(channelWith({ details }));
    const event = peer.json<Event>()[0];
    expect(Object.keys(event?.payload.custom_details ?? {})).toEqual(["truncated"]);
  });

  it.each([
    [
      400,
      { message: "Event object is invalid", errors: ["Length of 'routing_key' is wrong"] },
      "answered 400: Event object is invalid, Length of 'routing_key' is wrong",
      false,
    ],
    [429, {}, "answered 429", true],
    [500, {}, "answered 500", true],
    [503, {}, "answered 503", true],
  ])("may be asked again after %i: %j", async (status, body, error, retryable) => {
    peer.next = [{ status, body, headers: { "retry-after": "7" } }];
    expect(await send(channelWith())).toEqual({
      ok: false,
      statusCode: status,
      error,
      retryable,
      retryAfterMs: 7000,
    });
  });

  it("never sees its key in an error, a target or a preview", async () => {
    peer.next = [{ status: 400, body: { message: `no such key ${KEY}` } }];
    const channel = channelWith();
    const shown = [
      JSON.stringify(await send(channel)),
      channel.target,
      await channel.preview(sampleNotification()),
    ].join("\n");
    expect(shown).toContain("no such key");
    expect(shown).not.toContain(KEY);
  });
});

describe("a severity in PagerDuty's words", () => {
  const withSeverities = (...severities: string[]) =>
    sampleNotification({
      alerts: severities.map((severity) => firingAlert(severity === "" ? {} : { severity })),
    });

  it.each<[string[], string]>([
    [["critical"], "critical"],
    [["high"], "error"],
    [["error"], "error"],
    [["medium"], "warning"],
    [["WARNING"], "warning"],
    [["low"], "info"],
    [["info"], "info"],
    [["info", "high", "warning"], "error"],
    [["colourful"], "error"],
    [[""], "error"],
    [[], "error"],
  ])("for %j is %s", (severities, expected) => {
    expect(severityOf({}, "", withSeverities(...severities))).toBe(expected);
  });

  it("is what the mapping of the configuration says", () => {
    const mapping = { colourful: "info", high: "critical" } as const;
    expect(severityOf(mapping, "", withSeverities("colourful"))).toBe("info");
    expect(severityOf(mapping, "HIGH", withSeverities("info"))).toBe("critical");
  });

  it("is that of the alerts that fire, as long as one does", () => {
    const { alerts } = resolvedNotification();
    const notification = sampleNotification({
      alerts: [firingAlert({ severity: "low" }), ...alerts],
    });
    expect(severityOf({}, "", notification)).toBe("info");
    expect(severityOf({}, "", resolvedNotification())).toBe("critical");
  });
});
