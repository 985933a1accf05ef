import { expect, test } from "vitest";

import { spanRecord, spanRow } from "./fixture.ts";
import { plain, SpanBlock } from "./span-block.ts";
import { blockOf, SpanBlockDraft } from "./span-block-draft.ts";
import type { SpanRecord } from "./types.ts";

const resource = { "service.name": "fleet", "host.name": "node-1" };

/** One that says everything, one that says nothing, and one with texts of all kinds. */
const records: SpanRecord[] = [
  spanRecord(
    {
      parentSpanId: "00f067aa0ba902b7",
      traceState: "vendor=1",
      status: 2,
      statusMessage: "did not answer",
      kind: 3,
      durationNs: 7_200_000_000_123,
      operation: "chat",
      agent: "planner",
      peer: "writer",
      workflow: "report",
      task: "t-1",
      conversation: "c-1",
      user: "u-1",
      provider: "openai",
      model: "gpt-4o",
      tool: "search",
      toolCallId: "call-1",
      errorType: "timeout",
      inputTokens: 5_000_000_000,
      outputTokens: 20,
      cachedTokens: 3,
      cacheWriteTokens: 2,
      reasoningTokens: 1,
      costUsd: 0.0625,
      costSource: "reported",
      attributes: { "url.path": "/v1", quote: 'says "no"\n' },
      numbers: { "server.port": 443, share: 0.25 },
      resource,
      events: [{ timeNs: "1780315200000000002", name: "exception", attributes: { a: "b" } }],
      links: [{ traceId: "ab".repeat(16), spanId: "cd".repeat(8), attributes: {} }],
    },
    [{ name: "gen_ai.input.messages", text: "Grüße, 🚀", truncated: false }],
  ),
  spanRecord({ ended: false, service: "", name: "", scope: "", traceId: "", spanId: "" }),
  spanRecord({
    startNs: "9223372036854775807",
    name: "ü".repeat(70_000),
    agent: "planner",
    attributes: { empty: "", long: "x".repeat(200_000) },
    resource,
  }),
];

test("gives back what it was made of", () => {
  expect([...blockOf(records).records()]).toEqual(records);
});

test("reads spans where they lie as they were", () => {
  const names = Object.keys(spanRow()) as (keyof SpanRecord["row"])[];
  const seen = [...blockOf(records).rows()].map((row) =>
    Object.fromEntries(names.map((name) => [name, row[name]])),
  );
  expect(seen).toEqual(records.map(({ row }) => row));
});

test("lies anywhere in a record, and is read from a copy of it", () => {
  const draft = new SpanBlockDraft(records);
  const record = new Uint8Array(64 + draft.bytes).fill(0xff);
  draft.writeTo(record.buffer, 64);
  expect(draft.bytes % 8).toBe(0);
  expect([...new SpanBlock(record.slice().buffer, 64).records()]).toEqual(records);
});

test("plain rows outlive the memory of the block", () => {
  const draft = new SpanBlockDraft(records);
  const memory = new ArrayBuffer(draft.bytes);
  const [row] = draft.writeTo(memory, 0).rows();
  const copy = plain(row as SpanRecord["row"]);
  new Uint8Array(memory).fill(0);
  expect(copy).toEqual(records[0]?.row);
  expect(plain(copy)).toBe(copy);
});

test("keeps a text once, however many spans say it", () => {
  const many = Array.from({ length: 100 }, (_, index) =>
    spanRecord({ spanId: index.toString(16).padStart(16, "0"), agent: "a".repeat(1000), resource }),
  );
  const once = blockOf(many.slice(0, 1)).textBytes;
  expect(blockOf(many).textBytes).toBe(once + 99 * 16);
});

test("packs a column for an insert, one block behind another", () => {
  const blocks = [blockOf(records), blockOf(records.slice(0, 1))];
  const ends = new Int32Array(5);
  let end = 0;
  let at = 1;
  for (const block of blocks) {
    end = block.packEnds("agent", ends, at, end);
    at += block.count;
  }
  const bytes = Buffer.alloc(end);
  blocks[0]?.packBytes("agent", bytes, 0);
  blocks[1]?.packBytes("agent", bytes, ends[3] as number);
  expect([...ends]).toEqual([0, 7, 7, 14, 21]);
  expect(bytes.toString()).toBe("plannerplannerplanner");
});

test("says whether a column has something", () => {
  const block = blockOf(records.slice(1));
  expect(block.has("content")).toBe(false);
  expect(block.has("agent")).toBe(true);
  expect(blockOf(records).has("content")).toBe(true);
});
