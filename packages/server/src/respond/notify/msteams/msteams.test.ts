import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { MsteamsConfig, Msteamsv2Config } from "../../../config/alertmanager/channels/msteams.ts";
import type { NotificationChannel } from "../channel.ts";
import {
  firingAlert,
  HttpPeer,
  resolvedNotification,
  sampleNotification,
  testContext,
} from "../test-peers.ts";
import { createMsteams, createMsteamsv2 } from "./msteams.ts";

const peer = new HttpPeer();
const { stop, ...context } = testContext();
beforeAll(() => peer.start());
beforeEach(() => {
  peer.reset();
  peer.usual = { status: 200, body: "1" };
});
afterAll(async () => {
  await stop();
  await peer.stop();
});

const PATH = "/webhookb2/sentinel-1234567890abcdef/IncomingWebhook/xyz";

const connector = (config: Record<string, unknown> = {}): NotificationChannel =>
  createMsteams(
    {
      kind: "msteams",
      index: 0,
      config: MsteamsConfig.parse({ webhook_url: peer.url + PATH, ...config }),
    },
    context,
  );
const workflow = (config: Record<string, unknown> = {}): NotificationChannel =>
  createMsteamsv2(
    {
      kind: "msteamsv2",
      index: 0,
      config: Msteamsv2Config.parse({ webhook_url: peer.url + PATH, ...config }),
    },
    context,
  );

const send = (channel: NotificationChannel, notification = sampleNotification()) =>
  channel.send(notification, new AbortController().signal);

interface AdaptiveMessage {
  attachments: {
    content: { body: { text: string; color?: string }[]; actions: { url: string }[] };
  }[];
}
const cardOf = (message: AdaptiveMessage | undefined) => message?.attachments[0]?.content;

describe("a connector of Microsoft Teams", () => {
  it("is posted a MessageCard", async () => {
    expect(await send(connector())).toEqual({ ok: true, statusCode: 200 });
    expect(peer.requests[0]?.url).toBe(PATH);
    expect(peer.json()[0]).toEqual({
      "@context": "http://schema.org/extensions",
      "@type": "MessageCard",
      title: "[FIRING:1] QueueTooLong (worker critical)",
      summary: "[FIRING:1] QueueTooLong (worker critical)",
      text: expect.stringContaining("# Alerts Firing:"),
      themeColor: "d92d20",
      potentialAction: [
        {
          "@type": "OpenUri",
          name: "Fleetlight",
          targets: [{ os: "default", uri: "http://fleetlight.example/" }],
        },
        {
          "@type": "OpenUri",
          name: "Source",
          targets: [{ os: "default", uri: "http://prometheus.example/graph?g0.expr=up" }],
        },
      ],
    });
  });

  it("is green when all is well", async () => {
    await send(connector(), resolvedNotification());
    expect(peer.json()[0]).toMatchObject({ themeColor: "2a9d5c" });
  });

  it.each([
    [429, true],
    [502, true],
    [413, false],
    [400, false],
  ])("that says in words that Teams answered %i may be asked again: %s", async (code, again) => {
    const body = `Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error ${code} with ContextId tcid=0`;
    peer.next = [{ status: 200, body }];
    expect(await send(connector())).toMatchObject({
      ok: false,
      statusCode: code,
      retryable: again,
    });
  });
});

describe("a workflow of Microsoft Teams", () => {
  it("is posted an Adaptive Card", async () => {
    peer.usual = { status: 202 };
    expect(await send(workflow({ text: "{{ .CommonAnnotations.summary }}" }))).toEqual({
      ok: true,
      statusCode: 202,
    });
    expect(peer.json()[0]).toMatchObject({
      type: "message",
      attachments: [
        {
          contentType: "application/vnd.microsoft.card.adaptive",
          content: {
            type: "AdaptiveCard",
            version: "1.4",
            body: [
              { type: "TextBlock", style: "heading", color: "attention", wrap: true },
              { type: "TextBlock", text: "The queue has 120 tasks", wrap: true },
            ],
            actions: [
              { type: "Action.OpenUrl", title: "Fleetlight", url: "http://fleetlight.example/" },
              { type: "Action.OpenUrl", title: "Source" },
            ],
          },
        },
      ],
    });
  });

  it.each([
    ["critical", "attention"],
    ["warning", "warning"],
    ["info", "accent"],
  ])("has for %s the colour %s", async (severity, colour) => {
    const alerts = [firingAlert({ severity })];
    await send(workflow(), sampleNotification({ alerts }));
    expect(cardOf(peer.json<AdaptiveMessage>()[0])?.body[0]?.color).toBe(colour);
  });

  it("takes no markup, links or actions from labels", async () => {
    const evil = "[click](https://evil.example) **bold** <script>alert(1)</script> <at>all</at>";
    const alerts = [firingAlert({ a: evil }, { generatorURL: "javascript:alert(1)" })];
    await send(
      workflow({ title: "{{ .CommonLabels.a }}", text: "*{{ .CommonLabels.a }}*" }),
      sampleNotification({ alerts, commonLabels: { a: evil } }),
    );
    const card = cardOf(peer.json<AdaptiveMessage>()[0]);
    const texts = card?.body.map(({ text }) => text).join("\n") ?? "";
    expect(texts).toContain("\\[click\\]");
    expect(texts).not.toMatch(/(?<!\\)\*\*|<script|<at>|(?<!\\)\]\(/);
    expect(card?.actions.map(({ url }) => url)).toEqual(["http://fleetlight.example/"]);
  });

  it("is never more than Teams takes", async () => {
    const alerts = Array.from({ length: 500 }, (_, index) =>
      firingAlert({ a: `${index}${"ü".repeat(100)}` }, { generatorURL: `https://a.b/${index}` }),
    );
    await send(workflow(), sampleNotification({ alerts }));
    expect(Buffer.byteLength(peer.requests[0]?.body ?? "")).toBeLessThan(28_000);
  });
});

it("never shows its URL in an error, a target or a preview", async () => {
  peer.next = [{ status: 400, body: `no such hook ${PATH}` }];
  const channel = workflow();
  const shown = [
    JSON.stringify(await send(channel)),
    channel.target,
    await channel.preview(sampleNotification()),
  ].join("\n");
  expect(shown).toContain("no such hook");
  expect(shown).not.toContain("sentinel");
  expect(channel.target).toMatch(/^127\.0\.0\.1:\d+\/…$/);
});
