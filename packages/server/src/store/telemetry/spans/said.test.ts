import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, describe, expect, it } from "vitest";

import { openChdb } from "../drivers/chdb.ts";
import { quietOptions, TestStores } from "../fixture.ts";
import { logLine } from "../logs/fixture.ts";
import { SqlTables } from "../sql-tables.ts";
import type { TelemetryStore } from "../types.ts";
import { spanRecord } from "./fixture.ts";
import { blockOf } from "./span-block-draft.ts";
import type { SpanContent } from "./types.ts";

const NOW_MS = 1_780_315_260_000;
const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";

const stores = new TestStores(quietOptions(NOW_MS));
afterEach(() => stores.remove());

const text = (name: string, words: string): SpanContent => ({
  name,
  text: words,
  truncated: false,
});
/** A line so many seconds before now that tells of a span. */
const saying = (ago: number, ...content: SpanContent[]) =>
  logLine({
    timeNs: `${NOW_MS - ago * 1000}000000`,
    traceId: TRACE,
    spanId: SPAN,
    body: "",
    content,
  });
const user = (words: string) => text("gen_ai.user.message", words);
const answer = text("gen_ai.choice", "a table for two");
const own = text("gen_ai.input.messages", "where to eat?");

const contentOf = async ({ spans }: TelemetryStore, spanId?: string) =>
  (await spans.content("default", TRACE, spanId)).get(SPAN);

describe.each(["memory", "chdb"] as const)("what log lines say of spans, in %s", (kind) => {
  it.each<[string, ("span" | "lines")[], boolean]>([
    ["before the span", [], true],
    ["before the span, and in tables by then", ["lines"], true],
    ["after the span", [], false],
    ["after the span, which is in tables by then", ["span"], false],
    ["and all is in tables", ["lines", "span"], false],
  ])("stands with the span's own contents when it comes %s", async (_, flushed, first) => {
    const store = await stores.open(kind);
    const takeSpan = async () => {
      await store.spans.append("default", [spanRecord({}, [own])]);
      if (flushed.includes("span")) await store.flush();
    };
    const takeLines = async () => {
      await store.logs.append("default", [saying(1, answer), saying(2, user("a"), user("b"))]);
      if (flushed.includes("lines")) await store.flush();
    };
    if (first) await takeLines();
    await takeSpan();
    if (!first) await takeLines();
    const all = [own, user("a"), user("b"), answer];
    expect(await contentOf(store)).toEqual(all);
    expect(await contentOf(store, SPAN)).toEqual(all);
    expect(await contentOf(store, "0000000000000001")).toBeUndefined();
    expect(await store.spans.content("other", TRACE)).toEqual(new Map());
  });

  it("counts once when its sender sends it again, and stays when the span comes again", async () => {
    const store = await stores.open(kind);
    const spans = [spanRecord({ ended: false }, [own])];
    await store.spans.append("default", spans);
    await store.logs.append("default", [saying(2, user("a")), saying(1, user("a"))]);
    await store.flush();
    await store.logs.append("default", [saying(2, user("a"))]);
    await store.spans.append("default", [spanRecord({}, [own, answer])]);
    expect(await contentOf(store)).toEqual([own, answer, user("a"), user("a")]);
    await store.flush();
    expect((await contentOf(store))?.filter(({ name }) => name === user("").name)).toHaveLength(2);
  });

  it.each([false, true])("is found by its words (in tables: %s)", async (flushed) => {
    const store = await stores.open(kind);
    await store.logs.append("default", [saying(20, user("Grüße an ALLE")), saying(10, answer)]);
    if (flushed) await store.flush();
    const found = async (words: string[], startMs = NOW_MS - 60_000) =>
      (
        await store.spans.searchText(
          "default",
          words,
          { startMs, endMs: NOW_MS },
          10,
          performance.now() + 60_000,
        )
      ).traceIds;
    expect(await found(["grüße"])).toEqual([TRACE]);
    // Words of one span, though not of one line.
    expect(await found(["alle", "table"])).toEqual([TRACE]);
    expect(await found(["alle", "chair"])).toEqual([]);
    expect(await found(["grüße"], NOW_MS - 15_000)).toEqual([]);
  });

  it("is there after a restart", async () => {
    if (kind === "memory") return;
    const store = await stores.open(kind);
    await store.logs.append("default", [saying(1, answer)]);
    await store.close();
    expect(await contentOf(await stores.open(kind))).toEqual([answer]);
  });
});

it("contents of before are read and found beside new ones", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "fleetlight-contents-"));
  const driver = openChdb(dataDir);
  try {
    const tables = new SqlTables(driver);
    await tables.migrate();
    const stored = JSON.stringify([own]);
    await driver.command(
      `INSERT INTO span_content VALUES ('default', fromUnixTimestamp64Milli(${NOW_MS - 60_000}), '${TRACE}', '${SPAN}', '${stored}')`,
    );
    const later = { spanId: "00f067aa0ba902b7", conversation: "c" };
    await tables.spans.insert("default", [blockOf([spanRecord(later, [answer])])], "token");
    const contents = await tables.spans.readContent("default", TRACE, undefined);
    expect(new Map(contents.map(({ spanId, content }) => [spanId, content]))).toEqual(
      new Map([
        [SPAN, [own]],
        [later.spanId, [answer]],
      ]),
    );
    const range = { startMs: 0, endMs: NOW_MS };
    expect(await tables.spans.searchText("default", ["EAT"], range, 10)).toEqual([TRACE]);
    expect(await tables.spans.searchText("default", ["table"], range, 10)).toEqual([TRACE]);
    const kept = (await tables.partitions()).filter(({ signal }) => signal === "contents");
    expect(kept.map(({ table }) => table)).toEqual(
      expect.arrayContaining(["span_content", "contents"]),
    );
  } finally {
    await driver.close();
    await rm(dataDir, { recursive: true, force: true });
  }
});

describe.each(["memory", "chdb"] as const)(
  "contents that are older than they may be, in %s",
  (kind) => {
    const strict = new TestStores(quietOptions(NOW_MS, { contentsMs: 30_000 }));
    afterEach(() => strict.remove());

    it.each([false, true])("are gone, their spans are not (in tables: %s)", async (flushed) => {
      const store = await strict.open(kind);
      const young = { spanId: "00f067aa0ba902b7", startNs: `${NOW_MS - 10_000}000000` };
      const minuteOld = { startNs: `${NOW_MS - 60_000}000000` };
      await store.spans.append("default", [spanRecord(minuteOld, [own]), spanRecord(young, [own])]);
      await store.logs.append("default", [saying(40, user("old")), saying(20, answer)]);
      if (flushed) await store.flush();
      expect(await store.spans.content("default", TRACE)).toEqual(
        new Map([
          [young.spanId, [own]],
          [SPAN, [answer]],
        ]),
      );
      expect(await store.spans.trace("default", TRACE, 10)).toHaveLength(2);
      const range = { startMs: 0, endMs: NOW_MS };
      const { traceIds, searchedFromMs } = await store.spans.searchText(
        "default",
        ["old"],
        range,
        10,
        performance.now() + 60_000,
      );
      expect([traceIds, searchedFromMs]).toEqual([[], NOW_MS - 30_000]);
    });
  },
);
