import { createHmac } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

import type { AcknowledgementList } from "@fleetlight/contract";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { startServer } from "#app";

import { ask, makeSite } from "../../fixture.ts";

const SECRET = "sentinel-signing-secret";

interface BotMessage {
  attachments: { blocks: { elements?: { action_id: string; value: string }[] }[] }[];
}

describe("buttons of Slack", () => {
  /** What the bot wrote, and what was answered to who pressed. */
  const written: BotMessage[] = [];
  const answers: { text: string }[] = [];
  const slack = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as never;
      if (request.url === "/response") answers.push(body);
      else written.push(body);
      response.end(JSON.stringify({ ok: true, channel: "C1", ts: "1700000000.000100" }));
    });
  });
  const place = makeSite();
  let server: Awaited<ReturnType<typeof startServer>>;
  let slackUrl = "";

  beforeAll(async () => {
    await new Promise<void>((resolve) => slack.listen(0, "127.0.0.1", resolve));
    slackUrl = `http://127.0.0.1:${(slack.address() as AddressInfo).port}`;
    const file = join(place.directory, "alertmanager.yml");
    writeFileSync(
      file,
      `route: { receiver: ops, group_by: [alertname], group_wait: 0s }
receivers:
  - name: ops
    slack_configs:
      - { bot_token: xoxb-1, channel: "#ops", web_api_url: "${slackUrl}/api", signing_secret: ${SECRET} }
`,
    );
    server = await startServer(
      makeSite({
        alerting: { alertmanager_config: file },
        auth: {
          tokens: [{ name: "admin", token: "a-long-token-of-this-test", scopes: ["admin"] }],
        },
      }),
    );
  });
  afterAll(async () => {
    await server.stop();
    slack.closeAllConnections();
    slack.close();
    place.remove();
  });

  const token = { authorization: "Bearer a-long-token-of-this-test" };

  const press = async (value: string, secret = SECRET) => {
    const body = new URLSearchParams({
      payload: JSON.stringify({
        type: "block_actions",
        user: { id: "U1", username: "ada" },
        response_url: `${slackUrl}/response`,
        message: { ts: "1700000000.000100" },
        actions: [{ action_id: "fleetlight_acknowledge", value }],
      }),
    }).toString();
    const time = Math.floor(Date.now() / 1000);
    const digest = createHmac("sha256", secret).update(`v0:${time}:${body}`).digest("hex");
    return await ask(`${server.url}/api/v1/slack/actions`, {
      method: "POST",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        "x-slack-request-timestamp": String(time),
        "x-slack-signature": `v0=${digest}`,
      },
      body,
    });
  };

  it("acknowledge the alerts that the message is about, without a token of ours", async () => {
    const labels = { alertname: "QueueTooLong", severity: "critical" };
    const posted = await ask(`${server.url}/api/v2/alerts`, { json: [{ labels }], headers: token });
    expect(posted.status).toBe(200);
    await expect.poll(() => written.length).toBe(1);
    const elements = written[0]?.attachments[0]?.blocks.at(-1)?.elements;
    const value = elements?.find(({ action_id }) => action_id === "fleetlight_acknowledge")?.value;

    expect((await press(value ?? "", "another")).status).toBe(401);
    expect((await press(value ?? "")).status).toBe(200);
    await expect
      .poll(() => answers.map(({ text }) => text))
      .toEqual(["Acknowledged by ada (Slack): 1 alert"]);
    const { body } = await ask<AcknowledgementList>(
      `${server.url}/api/v1/alerts/acknowledgements`,
      { headers: token },
    );
    expect(body.acknowledgements).toMatchObject([{ by: "ada (Slack)", labels }]);
  });

  it.each([
    ["application/json", "{}", 415],
    ["application/x-www-form-urlencoded", "payload=x", 401],
    ["application/x-www-form-urlencoded", "", 401],
    ["application/x-www-form-urlencoded", "x".repeat(300_000), 413],
  ])("are not read from %s of that kind: %#", async (type, body, status) => {
    const answer = await ask(`${server.url}/api/v1/slack/actions`, {
      method: "POST",
      headers: { "content-type": type },
      body,
    });
    expect(answer.status).toBe(status);
  });
});
