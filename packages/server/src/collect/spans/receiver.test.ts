import { createRegistry } from "@fleetlight/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";

import { ConfigSchema } from "#config";
import { createMemoryTelemetry, type TelemetryStore } from "#store";

import { InFlight } from "../limits/index.ts";
import { SpanReceiver } from "./receiver.ts";

const NOW_MS = Date.UTC(2026, 10, 21);
const DAY_MS = 86_400_000;
const TRACE = "0af7651916cd43dd8448eb211c80319c";

let telemetry: TelemetryStore;
let receiver: SpanReceiver;
const config = ConfigSchema.parse({ storage: { retention: { traces: "2d" } } });
const registry = createRegistry();

beforeAll(async () => {
  telemetry = await createMemoryTelemetry({ now: () => NOW_MS });
  receiver = new SpanReceiver({
    spans: telemetry.spans,
    config: () => config,
    now: () => NOW_MS,
    inFlight: new InFlight(),
    prices: { priceOf: ({ costUsd = 0 }) => ({ costUsd, costSource: "" }) },
    registry,
  });
});
afterAll(() => telemetry.close());

const bodyOf = (span: Record<string, unknown>): Buffer =>
  Buffer.from(
    JSON.stringify({
      resourceSpans: [
        { scopeSpans: [{ spans: [{ traceId: TRACE, spanId: "b7ad6b7169203331", ...span }] }] },
      ],
    }),
  );

const ns = (ms: number): string => `${ms}000000`;

test.each([
  ["older than the retention", NOW_MS - 3 * DAY_MS, 1],
  ["of a moment ago", NOW_MS - 1000, 0],
  ["of a clock that runs ahead by minutes", NOW_MS + 600_000, 0],
  ["of tomorrow", NOW_MS + DAY_MS, 1],
])("a span %s", async (_, startMs, refused) => {
  const taken = await receiver.write("t", bodyOf({ startTimeUnixNano: ns(startMs) }), "json");
  expect(taken.refused).toBe(refused);
});

test.each([
  ["a moment ahead", NOW_MS + 1000, 0],
  ["of 2100", Date.UTC(2100, 0, 1), 1],
])("a span whose end is %s", async (_, endMs, refused) => {
  const span = { startTimeUnixNano: ns(NOW_MS - 1000), endTimeUnixNano: ns(endMs) };
  expect((await receiver.write("t", bodyOf(span), "json")).refused).toBe(refused);
});

test.each([
  ["an odd number of digits", { spanId: "123" }],
  ["letters beyond f", { traceId: "z".repeat(32) }],
  ["a parent that is none", { parentSpanId: "1234567" }],
])("an id with %s costs its span, not the request", async (_, ids) => {
  const taken = await receiver.write(
    "t",
    bodyOf({ startTimeUnixNano: ns(NOW_MS - 1000), ...ids }),
    "json",
  );
  expect(taken).toMatchObject({ spans: 0, refused: 1 });
});

test("a span that has not ended lasts until now, and one whose clock went back not at all", async () => {
  const id = "1".repeat(32);
  const start = { traceId: id, startTimeUnixNano: ns(NOW_MS - 5000) };
  await receiver.write("t", bodyOf(start), "json");
  expect(await telemetry.spans.trace("t", id, 1)).toMatchObject([
    { ended: false, durationNs: 5e9, service: "unknown_service" },
  ]);
  await receiver.write("t", bodyOf({ ...start, endTimeUnixNano: ns(NOW_MS - 6000) }), "json");
  expect(await telemetry.spans.trace("t", id, 1)).toMatchObject([{ ended: true, durationNs: 0 }]);
});

test("what was refused is counted, by reason", async () => {
  const before = await registry.expose();
  const idsBefore = Number(/reason="invalid_id"\} (\d+)/.exec(before)?.[1] ?? 0);
  await receiver.write("t", bodyOf({ traceId: "ab" }), "json");
  await expect(receiver.write("t", Buffer.from([10, 255]), "protobuf")).rejects.toMatchObject({
    status: 400,
  });
  const page = await registry.expose();
  expect(page).toContain(
    `fleetlight_ingest_spans_refused_total{reason="invalid_id"} ${idsBefore + 1}\n`,
  );
  expect(page).toMatch(/fleetlight_ingest_spans_refused_total\{reason="malformed"\} 1/);
});

/** An attribute of OTLP's JSON. */
const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });

test.each([
  [
    "in an attribute of its own",
    "gen_ai.content.prompt",
    [attribute("gen_ai.prompt", "what is due?"), attribute("gen_ai.system", "openai")],
    { name: "gen_ai.prompt", text: "what is due?" },
  ],
  [
    "as the event's body",
    "gen_ai.user.message",
    [
      attribute("gen_ai.event.content", '{"content":"what is due?"}'),
      attribute("gen_ai.system", "openai"),
    ],
    { name: "gen_ai.user.message", text: '{"content":"what is due?"}' },
  ],
  [
    "in parts of the body",
    "gen_ai.choice",
    [
      attribute("role", "assistant"),
      attribute("content", "nothing"),
      attribute("gen_ai.system", "openai"),
    ],
    { name: "gen_ai.choice", text: '{"role":"assistant","content":"nothing"}' },
  ],
])("what an event says %s is a content of its span", async (_, name, attributes, content) => {
  const traceId = Buffer.from(name.padEnd(16, "-").slice(-16)).toString("hex");
  const events = [{ timeUnixNano: ns(NOW_MS - 4000), name, attributes }];
  const span = { traceId, startTimeUnixNano: ns(NOW_MS - 5000), events };
  await receiver.write("t", bodyOf(span), "json");
  const [row] = await telemetry.spans.trace("t", traceId, 1);
  expect(row?.events).toEqual([
    { name, timeNs: ns(NOW_MS - 4000), attributes: { "gen_ai.system": "openai" } },
  ]);
  const contents = await telemetry.spans.content("t", traceId);
  expect([...contents.values()]).toEqual([[{ ...content, truncated: false }]]);
});

test("other events keep what they say", async () => {
  const traceId = "7".repeat(32);
  const attributes = [attribute("content", "a text"), attribute("message", "of an event")];
  const events = [{ timeUnixNano: ns(NOW_MS - 4000), name: "retry", attributes }];
  await receiver.write(
    "t",
    bodyOf({ traceId, startTimeUnixNano: ns(NOW_MS - 5000), events }),
    "json",
  );
  expect(await telemetry.spans.trace("t", traceId, 1)).toMatchObject([
    { events: [{ attributes: { content: "a text", message: "of an event" } }] },
  ]);
});
