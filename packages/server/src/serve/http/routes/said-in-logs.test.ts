import type { ConversationDetail, LogList, Trace, TraceList } from "@fleetlight/contract";
import { afterAll, beforeAll, expect, it } from "vitest";

import { startServer, type RunningServer } from "#app";

import { ask, makeSite } from "../../fixture.ts";

const site = makeSite({ host: { enabled: false } });
let server: RunningServer;
beforeAll(async () => {
  server = await startServer(site);
});
afterAll(async () => {
  await server.stop();
  site.remove();
});

const text = (key: string, value: string) => ({ key, value: { stringValue: value } });
const atNs = (shiftMs: number): string => `${Date.now() - 60_000 + shiftMs}000000`;
const resource = { attributes: [text("service.name", "fleet")] };

const send = (path: string, json: unknown) =>
  ask(`${server.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(json),
  });
const get = async <T>(path: string) => (await ask<T>(server.url + path)).body;

/** Two calls of a model in one run; the second one is told again what the first one was. */
const RUNS = [
  ["events before spans", "1af7651916cd43dd8448eb211c80319c", "chat-early"],
  ["events behind spans", "2af7651916cd43dd8448eb211c80319c", "chat-late"],
] as const;

it.each(RUNS)("a run whose messages come as %s has its conversation", async (order, id, chat) => {
  const span = (spanId: string, startMs: number) => ({
    traceId: id,
    spanId,
    name: "chat gpt-4o",
    startTimeUnixNano: atNs(startMs),
    endTimeUnixNano: atNs(startMs + 900),
    attributes: [
      text("gen_ai.operation.name", "chat"),
      text("gen_ai.agent.name", "lead"),
      text("gen_ai.conversation.id", chat),
    ],
  });
  const event = (spanId: string, ms: number, eventName: string, body: string) => ({
    traceId: id,
    spanId,
    timeUnixNano: atNs(ms),
    eventName,
    body: { kvlistValue: { values: [text("content", body)] } },
  });
  const spans = () =>
    send("/v1/traces", {
      resourceSpans: [
        {
          resource,
          scopeSpans: [{ spans: [span("a".repeat(16), 0), span("b".repeat(16), 2000)] }],
        },
      ],
    });
  const events = () =>
    send("/v1/logs", {
      resourceLogs: [
        {
          resource,
          scopeLogs: [
            {
              logRecords: [
                event("a".repeat(16), 0, "gen_ai.system.message", "be brief"),
                event("a".repeat(16), 1, "gen_ai.user.message", `marmalade for ${chat}?`),
                event("a".repeat(16), 900, "gen_ai.choice", "password=hunter22 it is"),
                event("b".repeat(16), 2000, "gen_ai.system.message", "be brief"),
                event("b".repeat(16), 2000, "gen_ai.user.message", `marmalade for ${chat}?`),
                event("b".repeat(16), 2001, "gen_ai.assistant.message", "password=hunter22 it is"),
                event("b".repeat(16), 2002, "gen_ai.user.message", "thanks"),
                event("b".repeat(16), 2900, "gen_ai.choice", "any time"),
              ],
            },
          ],
        },
      ],
    });
  const [first, second] = order.startsWith("events before") ? [events, spans] : [spans, events];
  expect([(await first()).status, (await second()).status]).toEqual([200, 200]);

  const trace = await get<Trace>(`/api/v1/traces/${id}`);
  expect(trace.all_spans?.map(({ content }) => content.map((one) => one.name))).toEqual([
    ["gen_ai.system.message", "gen_ai.user.message", "gen_ai.choice"],
    [
      "gen_ai.system.message",
      "gen_ai.user.message",
      "gen_ai.assistant.message",
      "gen_ai.user.message",
      "gen_ai.choice",
    ],
  ]);
  expect(JSON.stringify(trace)).not.toContain("hunter22");

  const { said } = await get<ConversationDetail>(`/api/v1/conversations/${chat}`);
  expect(said.map(({ kind, text: words }) => [kind, words])).toEqual([
    ["user", `marmalade for ${chat}?`],
    ["agent", "password=[secret] it is"],
    ["user", "thanks"],
    ["agent", "any time"],
  ]);

  const found = await get<TraceList>(`/api/v1/traces?text=marmalade%20${chat}`);
  expect(found.traces.map(({ trace_id }) => trace_id)).toEqual([id]);
  const { lines } = await get<LogList>(`/api/v1/logs?trace_id=${id}`);
  expect(new Set(lines.map(({ body }) => body))).toEqual(new Set([""]));
});
