import { afterEach, describe, expect, it } from "vitest";

import {
  describeAlert,
  MAX_NOTIFICATION_BYTES,
  MAX_RECEIVED,
  startWebhookReceiver,
} from "./webhook-receiver.ts";
import type { WebhookReceiver } from "./webhook-receiver.ts";

let receiver: WebhookReceiver | null = null;
afterEach(async () => {
  await receiver?.stop();
  receiver = null;
});

const alert = {
  status: "firing",
  labels: { alertname: "ServiceDown", service: "memory-manager", severity: "critical" },
  annotations: { summary: "/health answered 503" },
  startsAt: "2026-11-21T07:00:00.000Z",
};
const LINE = "FIRING critical: ServiceDown, memory-manager - /health answered 503";

async function start(heard: string[] = []): Promise<(body: unknown) => Promise<number>> {
  const now = () => Date.UTC(2026, 10, 21, 7);
  receiver = await startWebhookReceiver({ onMessage: (line) => heard.push(line), now });
  const { url } = receiver;
  return async (body) => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return (await fetch(url, { method: "POST", body: text })).status;
  };
}

describe("webhook receiver", () => {
  it("tells each alert in a line and keeps the notification", async () => {
    const heard: string[] = [];
    const send = await start(heard);
    const resolved = { ...alert, status: "resolved" };
    expect(await send({ version: "4", status: "firing", alerts: [alert] })).toBe(200);
    expect(await send({ version: "4", status: "resolved", alerts: [resolved] })).toBe(200);
    expect(heard).toEqual([LINE, LINE.replace("FIRING", "RESOLVED")]);
    const answer = await fetch(new URL("/received", receiver?.url));
    expect(await answer.json()).toEqual({
      count: 2,
      received: [
        { at: "2026-11-21T07:00:00.000Z", status: "firing", alerts: 1, lines: [heard[0]] },
        { at: "2026-11-21T07:00:00.000Z", status: "resolved", alerts: 1, lines: [heard[1]] },
      ],
    });
  });

  it("keeps the latest notifications only, and counts them all", async () => {
    const send = await start();
    for (let i = 0; i < MAX_RECEIVED + 5; i++) await send({ status: `n${i}`, alerts: [] });
    expect(receiver?.received()).toHaveLength(MAX_RECEIVED);
    expect(receiver?.received().at(-1)?.status).toBe(`n${MAX_RECEIVED + 4}`);
    expect(receiver?.count).toBe(MAX_RECEIVED + 5);
  });

  it("refuses what is no notification, and one that is too long", async () => {
    const heard: string[] = [];
    const send = await start(heard);
    for (const body of ["", "{", "null", "[]", { alerts: "no" }])
      expect(await send(body)).toBe(400);
    expect(await send("x".repeat(MAX_NOTIFICATION_BYTES + 1))).toBe(413);
    expect(await send({ alerts: [null, 7, {}] })).toBe(200);
    expect(heard).toEqual(["FIRING: unnamed alert"]);
    expect((await fetch(new URL("/else", receiver?.url))).status).toBe(404);
  });

  it("tells no more than twenty alerts of one notification", async () => {
    const heard: string[] = [];
    const send = await start(heard);
    await send({ alerts: Array.from({ length: 50 }, () => alert) });
    expect(heard).toHaveLength(21);
    expect(heard.at(-1)).toBe("… and 30 more alerts");
  });

  it("prints nothing that could steer a terminal or break the line", () => {
    const labels = { alertname: "a\u001b[2Jb\r\nc\u202ed", service: { evil: true } };
    expect(describeAlert({ labels })).toBe("FIRING: a [2Jb c d");
    expect(describeAlert({ labels: { alertname: "x".repeat(9999) } }).length).toBeLessThan(310);
  });
});
