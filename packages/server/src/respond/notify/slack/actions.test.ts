import { createHmac } from "node:crypto";
import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { WebSocketServer, type WebSocket } from "ws";

import { SlackConfig } from "../../../config/alertmanager/channels/slack.ts";
import type { AlertGroupView, SilenceInput, SilenceView } from "../../alertmanager.ts";
import { HttpPeer, NOW_MS, sampleNotification, testContext } from "../test-peers.ts";
import { SlackActions } from "./actions.ts";
import { buttonElements, buttonValue } from "./buttons.ts";
import { isSignedBySlack } from "./signature.ts";

const SECRET = "8f742231b10e8888abcd99yyyzzz85a5";
const seconds = NOW_MS / 1000;

const sign = (body: string, time: number | string = seconds, secret = SECRET): string =>
  `v0=${createHmac("sha256", secret).update(`v0:${time}:${body}`).digest("hex")}`;

const peer = new HttpPeer();
const { stop, ...context } = testContext();
beforeAll(() => peer.start());
beforeEach(() => peer.reset());
afterAll(async () => {
  await stop();
  await peer.stop();
});

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const one of undo.splice(0).toReversed()) await one();
});

describe("a signature of Slack", () => {
  const body = "payload=%7B%7D";

  it.each<[string, unknown, unknown, boolean]>([
    ["is right", String(seconds), sign(body), true],
    ["may be five minutes old", String(seconds - 299), sign(body, seconds - 299), true],
    ["may not be older", String(seconds - 301), sign(body, seconds - 301), false],
    ["may not be of the future", String(seconds + 301), sign(body, seconds + 301), false],
    ["is of the time as well", String(seconds - 1), sign(body), false],
    ["is of the body", String(seconds), sign(`${body}&x=y`), false],
    ["is of another secret", String(seconds), sign(body, seconds, "other"), false],
    ["is missing", String(seconds), undefined, false],
    ["has no time", undefined, sign(body), false],
    ["has a time that is none", "soon", sign(body, "soon"), false],
    ["is cut", String(seconds), sign(body).slice(0, -1), false],
    ["is given twice", [String(seconds), String(seconds)], sign(body), false],
  ])("%s", (_what, time, signature, expected) => {
    expect(isSignedBySlack(body, time, signature, [SECRET], NOW_MS)).toBe(expected);
  });

  it("may be of any of the secrets, and of none when there is none", () => {
    expect(isSignedBySlack(body, String(seconds), sign(body), ["a", SECRET], NOW_MS)).toBe(true);
    expect(isSignedBySlack(body, String(seconds), sign(body), [], NOW_MS)).toBe(false);
  });
});

/** What was asked of those who keep acknowledgements and silences. */
interface Asked {
  acknowledged: { tenant: string; fingerprints: readonly string[]; care: unknown }[];
  silenced: { tenant: string; input: SilenceInput }[];
}

function makeActions(groups: AlertGroupView[], config: Record<string, unknown>) {
  const asked: Asked = { acknowledged: [], silenced: [] };
  const configs = [SlackConfig.parse({ api_url: "http://slack.example", ...config })];
  const actions = new SlackActions({
    configs: () => configs,
    outbound: context.outbound,
    readSecretFile: context.readSecretFile,
    logger: context.logger,
    now: () => NOW_MS,
    alertmanager: {
      groups: async () => groups,
      silences: {
        list: () => [],
        get: () => undefined,
        set: async (tenant, input) => {
          asked.silenced.push({ tenant, input });
          return {
            ...input,
            tenant,
            id: "s1",
            updatedAtMs: NOW_MS,
            state: "active",
          } as SilenceView;
        },
        expire: () => Promise.reject(new Error("nobody expires anything here")),
        matching: () => [],
        preview: () => [],
      },
    },
    acknowledger: {
      acknowledge: async (tenant, fingerprints, care) => {
        asked.acknowledged.push({ tenant, fingerprints, care });
        return fingerprints.length;
      },
    },
  });
  undo.push(() => actions.close());
  return { actions, asked, configs };
}

const groupOf = (labels: Record<string, string>, fingerprints: string[]): AlertGroupView => ({
  key: sampleNotification().groupKey,
  receiver: "ops",
  labels,
  routeId: "0",
  nextFlushMs: NOW_MS,
  alerts: fingerprints.map((fingerprint) => ({
    alert: {
      tenant: "default",
      fingerprint,
      labels: {},
      annotations: {},
      startsAtMs: NOW_MS,
      endsAtMs: Number.POSITIVE_INFINITY,
      updatedAtMs: NOW_MS,
      generatorUrl: "",
      alertId: null,
      timesOut: false,
      cooldownMs: 0,
    },
    status: {
      state: "active",
      silencedBy: [],
      inhibitedBy: [],
      mutedBy: [],
      maintenanceBy: [],
      dependsOn: [],
      acknowledgedBy: null,
    },
    receivers: ["ops"],
  })),
});

const payloadOf = (button: string, value = buttonValue(sampleNotification())) => ({
  type: "block_actions",
  user: { id: "U1", username: "ada", team_id: "T1" },
  response_url: `${peer.url}/response`,
  message: { ts: "1700000000.000100" },
  actions: [{ action_id: button, block_id: "b", type: "button", value }],
});

const bodyOf = (payload: unknown): string =>
  new URLSearchParams({ payload: JSON.stringify(payload) }).toString();

const headersOf = (body: string) => ({
  "x-slack-request-timestamp": String(seconds),
  "x-slack-signature": sign(body),
});

const pressed = async (actions: SlackActions, payload: unknown): Promise<void> => {
  const body = bodyOf(payload);
  await actions.request(body, headersOf(body));
};

describe("a button that is pressed", () => {
  const labels = { alertname: "QueueTooLong" };
  const both = ["0011223344556677", "1122334455667788"];
  const config = { signing_secret: SECRET };

  it("acknowledges what is in the group now", async () => {
    const { actions, asked } = makeActions([groupOf(labels, both)], config);
    await pressed(actions, payloadOf("fleetlight_acknowledge"));
    await expect.poll(() => peer.requests.length).toBe(1);
    expect(asked.acknowledged).toEqual([
      {
        tenant: "default",
        fingerprints: both,
        care: { by: "ada (Slack)", note: "", expiresAtMs: null, kind: "acknowledge" },
      },
    ]);
    expect(peer.json()[0]).toEqual({
      text: "Acknowledged by ada (Slack): 2 alerts",
      response_type: "in_channel",
      replace_original: false,
      thread_ts: "1700000000.000100",
    });
  });

  it("acknowledges the alerts that the message named when their group is not there", async () => {
    const { actions, asked } = makeActions([], config);
    await pressed(actions, payloadOf("fleetlight_acknowledge"));
    await expect.poll(() => asked.acknowledged[0]?.fingerprints).toEqual(["0011223344556677"]);
  });

  it("snoozes for an hour", async () => {
    const { actions, asked } = makeActions([groupOf(labels, both)], config);
    await pressed(actions, payloadOf("fleetlight_snooze"));
    await expect
      .poll(() => asked.acknowledged[0]?.care)
      .toMatchObject({ kind: "snooze", expiresAtMs: NOW_MS + 3_600_000 });
  });

  it("silences the labels of the group", async () => {
    const { actions, asked } = makeActions([groupOf(labels, both)], config);
    await pressed(actions, payloadOf("fleetlight_silence"));
    await expect.poll(() => asked.silenced.length).toBe(1);
    expect(asked.silenced[0]).toEqual({
      tenant: "default",
      input: {
        matchers: [{ name: "alertname", operator: "=", value: "QueueTooLong" }],
        startsAtMs: NOW_MS,
        endsAtMs: NOW_MS + 7_200_000,
        createdBy: "ada (Slack)",
        comment: "Silenced from Slack",
      },
    });
  });

  it.each([
    ["a group without labels", [groupOf({}, both)], /everything/],
    ["a group that is over", [], /alerts are over/],
  ])("does not silence %s", async (_what, groups, why) => {
    const { actions, asked } = makeActions(groups, config);
    await pressed(actions, payloadOf("fleetlight_silence"));
    await expect.poll(() => peer.requests.length).toBe(1);
    expect(asked.silenced).toEqual([]);
    const [answer] = peer.json<{ text: string; response_type: string }>();
    expect(answer?.response_type).toBe("ephemeral");
    expect(answer?.text).toMatch(why);
  });

  it("does nothing when it is not signed, and nothing twice", async () => {
    const { actions, asked } = makeActions([groupOf(labels, both)], config);
    const body = bodyOf(payloadOf("fleetlight_acknowledge"));
    await expect(
      actions.request(body, { ...headersOf(body), "x-slack-signature": sign("other") }),
    ).rejects.toMatchObject({ code: "unauthorized", status: 401 });
    await expect(actions.request(body, {})).rejects.toMatchObject({ code: "unauthorized" });
    expect(asked.acknowledged).toEqual([]);
    await actions.request(body, headersOf(body));
    await actions.request(body, headersOf(body));
    await expect.poll(() => peer.requests.length).toBe(1);
    expect(asked.acknowledged).toHaveLength(1);
  });

  it("is refused when no receiver has a secret", async () => {
    const { actions } = makeActions([], {});
    const body = bodyOf(payloadOf("fleetlight_acknowledge"));
    await expect(actions.request(body, headersOf(body))).rejects.toMatchObject({
      code: "unauthorized",
    });
  });

  it.each<[string, () => unknown]>([
    ["another button", () => payloadOf("link_0", "x")],
    ["a value of somebody else", () => payloadOf("fleetlight_acknowledge", "{}")],
    ["a value that is no JSON", () => payloadOf("fleetlight_acknowledge", "{")],
    ["another kind", () => ({ ...payloadOf("fleetlight_acknowledge"), type: "view_submission" })],
    ["nothing", () => null],
  ])("means nothing when it is %s", async (_what, payload) => {
    const { actions, asked } = makeActions([groupOf(labels, both)], config);
    await pressed(actions, payload());
    await pressed(actions, payloadOf("fleetlight_snooze"));
    await expect.poll(() => asked.acknowledged.length).toBe(1);
    expect(asked.acknowledged[0]?.care).toMatchObject({ kind: "snooze" });
  });

  it("has a value that fits, however large its group", () => {
    const { alerts } = sampleNotification();
    const many = sampleNotification({
      groupKey: "x".repeat(10_000),
      alerts: Array.from({ length: 5000 }, () => alerts).flat(),
    });
    for (const { value } of buttonElements(many)) expect(String(value).length).toBeLessThan(2000);
  });
});

describe("Socket Mode", () => {
  /** Slack, as far as it is needed: `apps.connections.open`, and what it opens. */
  async function startSlack() {
    const connections: WebSocket[] = [];
    const acknowledged: unknown[] = [];
    const tokens: unknown[] = [];
    const failures: object[] = [];
    const http: Server = createServer((request, response) => {
      tokens.push(request.headers.authorization);
      const { port } = http.address() as AddressInfo;
      const failure = failures.shift();
      response.end(
        JSON.stringify(failure ?? { ok: true, url: `ws://127.0.0.1:${port}/link/?ticket=1` }),
      );
    }).listen(0, "127.0.0.1");
    const sockets = new WebSocketServer({ server: http });
    sockets.on("connection", (socket) => {
      connections.push(socket);
      socket.on("message", (data: Buffer) => acknowledged.push(JSON.parse(data.toString())));
      socket.send(JSON.stringify({ type: "hello", num_connections: 1 }));
    });
    await once(http, "listening");
    undo.push(async () => {
      for (const socket of connections) socket.terminate();
      sockets.close();
      http.closeAllConnections();
      http.close();
    });
    const { port } = http.address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}/api/`, connections, acknowledged, tokens, failures };
  }

  const connect = async (url: string, config: Record<string, unknown> = {}) => {
    const made = makeActions([groupOf({ alertname: "QueueTooLong" }, ["0011223344556677"])], {
      socket_token: "xapp-1",
      web_api_url: url,
      ...config,
    });
    await made.actions.reconfigure();
    return made;
  };

  const envelope = (id: string) =>
    JSON.stringify({
      envelope_id: id,
      type: "interactive",
      accepts_response_payload: false,
      payload: payloadOf("fleetlight_acknowledge"),
    });

  it("brings presses, each of which is acknowledged", async () => {
    const slack = await startSlack();
    const { asked } = await connect(slack.url);
    await expect.poll(() => slack.connections.length).toBe(1);
    expect(slack.tokens).toEqual(["Bearer xapp-1"]);
    slack.connections[0]?.send(envelope("e1"));
    await expect.poll(() => asked.acknowledged.length).toBe(1);
    await expect.poll(() => slack.acknowledged).toEqual([{ envelope_id: "e1" }]);
  });

  it.each([
    ["says so", (socket?: WebSocket) => socket?.send('{"type":"disconnect","reason":"refresh"}')],
    ["hangs up", (socket?: WebSocket) => socket?.terminate()],
  ])("connects again when Slack %s", async (_how, end) => {
    const slack = await startSlack();
    const { asked } = await connect(slack.url);
    await expect.poll(() => slack.connections.length).toBe(1);
    end(slack.connections[0]);
    await expect.poll(() => slack.connections.length).toBe(2);
    slack.connections[1]?.send(envelope("e2"));
    await expect.poll(() => asked.acknowledged.length).toBe(1);
  });

  it("tries again when Slack opens nothing", async () => {
    const slack = await startSlack();
    slack.failures.push({ ok: false, error: "internal_error" });
    await connect(slack.url);
    await expect.poll(() => slack.connections.length).toBe(1);
  });

  it("does not connect to an address that may not be asked", async () => {
    const slack = await startSlack();
    slack.failures.push({ ok: true, url: "ws://169.254.169.254/link" });
    await connect(slack.url);
    await expect.poll(() => slack.tokens.length).toBe(2);
    await expect.poll(() => slack.connections.length).toBe(1);
  });

  it("survives what is no message of Slack's", async () => {
    const slack = await startSlack();
    const { asked } = await connect(slack.url);
    await expect.poll(() => slack.connections.length).toBe(1);
    for (const text of ["", "[]", "null", "{", '{"type":5}', '{"envelope_id":"e0","type":"x"}'])
      slack.connections[0]?.send(text);
    slack.connections[0]?.send(envelope("e3"));
    await expect.poll(() => asked.acknowledged.length).toBe(1);
    expect(slack.connections).toHaveLength(1);
  });

  it("ends when it is not configured any more, and with the server", async () => {
    const slack = await startSlack();
    const { actions, configs } = await connect(slack.url);
    await expect.poll(() => slack.connections.length).toBe(1);
    configs.length = 0;
    await actions.reconfigure();
    await expect.poll(() => slack.connections[0]?.readyState).toBe(3);
    await actions.close();
    expect(slack.connections).toHaveLength(1);
  });
});
