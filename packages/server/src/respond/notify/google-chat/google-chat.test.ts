import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { GoogleChatConfig } from "../../../config/alertmanager/channels/googlechat.ts";
import type { NotificationChannel } from "../channel.ts";
import { HttpPeer, resolvedNotification, sampleNotification, testContext } from "../test-peers.ts";
import { createGoogleChat } from "./index.ts";

const peer = new HttpPeer();
const { stop, ...context } = testContext();

beforeAll(() => peer.start());
beforeEach(() => peer.reset());
afterAll(async () => {
  await stop();
  await peer.stop();
});

const channelWith = (more: Record<string, unknown> = {}): NotificationChannel =>
  createGoogleChat(
    {
      kind: "googlechat",
      index: 0,
      config: GoogleChatConfig.parse({
        url: `${peer.url}/v1/spaces/A/messages?key=k&token=t`,
        ...more,
      }),
    },
    context,
  );

const send = (channel: NotificationChannel, notification = sampleNotification()) =>
  channel.send(notification, new AbortController().signal);

interface Card {
  card: {
    header: { title: string };
    sections: { widgets: { textParagraph?: { text: string }; buttonList?: unknown }[] }[];
  };
}
interface Posted {
  fallbackText: string;
  cardsV2: Card[];
  thread?: { threadKey: string };
}

const posted = (index = 0): Posted | undefined => peer.json<Posted>()[index];
const textOf = (message?: Posted): string | undefined =>
  message?.cardsV2[0]?.card.sections[0]?.widgets[0]?.textParagraph?.text;
const query = (): URLSearchParams => new URL(peer.requests[0]?.url ?? "", peer.url).searchParams;

describe("Google Chat", () => {
  it("gets a card in the thread of the group", async () => {
    peer.usual = { status: 200, body: { name: "spaces/A/messages/B.B" } };
    expect(await send(channelWith())).toEqual({
      ok: true,
      statusCode: 200,
      reference: "spaces/A/messages/B.B",
    });
    expect(Object.fromEntries(query())).toEqual({
      key: "k",
      token: "t",
      messageReplyOption: "REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD",
      requestId: "n1",
    });
    expect(posted()).toEqual({
      fallbackText: "[FIRING:1] QueueTooLong (worker critical)",
      cardsV2: [
        {
          cardId: "alert",
          card: {
            header: { title: "[FIRING:1] QueueTooLong (worker critical)" },
            sections: [
              {
                widgets: [
                  {
                    textParagraph: { text: expect.stringContaining(" - alertname = QueueTooLong") },
                  },
                ],
              },
              {
                widgets: [
                  {
                    buttonList: {
                      buttons: [
                        {
                          text: "Open",
                          onClick: { openLink: { url: "http://fleetlight.example/" } },
                        },
                      ],
                    },
                  },
                ],
              },
            ],
          },
        },
      ],
      thread: { threadKey: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
  });

  it("keeps a group in its thread, and other groups out of it", async () => {
    await send(channelWith());
    await send(channelWith(), resolvedNotification());
    await send(channelWith(), sampleNotification({ groupKey: "{}:{other}" }));
    const keys = [0, 1, 2].map((index) => posted(index)?.thread?.threadKey);
    expect(keys[1]).toBe(keys[0]);
    expect(keys[2]).not.toBe(keys[0]);
  });

  it("names the thread as it is told, or starts none", async () => {
    await send(channelWith({ thread_key: "team-{{ .Receiver }}" }));
    expect(posted()?.thread).toEqual({ threadKey: "team-ops" });
    peer.reset();
    await send(channelWith({ threading: false }));
    expect(posted()?.thread).toBeUndefined();
    expect(query().has("messageReplyOption")).toBe(false);
  });

  it("shows where the space is, and neither key nor token", () => {
    expect(channelWith().target).toMatch(/^127\.0\.0\.1:\d+\/v1\/spaces\/A\/messages$/);
  });

  it("takes values for text and never for HTML", async () => {
    const labels = { alertname: '<a href="https://evil.example">ok</a>' };
    await send(
      channelWith({ message: "<b>{{ .CommonLabels.alertname }}</b>" }),
      sampleNotification({ commonLabels: labels }),
    );
    expect(textOf(posted())).toBe(
      "<b>&lt;a href=&#34;https://evil.example&#34;&gt;ok&lt;/a&gt;</b>",
    );
  });

  it.each(["ä<", '"', "🔥&"])("cuts a message of %j to what Google takes", async (text) => {
    const labels = { alertname: text.repeat(50_000) };
    await send(
      channelWith({ message: "<b>{{ .CommonLabels.alertname }}</b>" }),
      sampleNotification({ commonLabels: labels, groupLabels: labels }),
    );
    const { body = "" } = peer.requests[0] ?? {};
    expect(Buffer.byteLength(body)).toBeLessThan(32_000);
    expect(textOf(posted())).not.toMatch(/<|&(?!(?:amp|lt|gt|quot|#39);)/);
  });

  it("says what Google found wrong", async () => {
    peer.usual = {
      status: 429,
      body: {
        error: { code: 429, message: "Resource has been exhausted", status: "RESOURCE_EXHAUSTED" },
      },
    };
    expect(await send(channelWith())).toMatchObject({
      ok: false,
      retryable: true,
      error: "answered 429: Resource has been exhausted",
    });
  });
});
