import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createRegistry } from "@fleetlight/sdk";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { createLogger } from "#lib";

import { computeCost, type Used } from "./cost.ts";
import { PriceBook, type Priced } from "./price-book.ts";
import { PriceEntry, readPrices } from "./price-entry.ts";
import { PriceTable } from "./price-table.ts";

const NOW_MS = Date.UTC(2026, 10, 21);
const HEAD = { source: "a page", source_date: "2026-11-21" };

const entry = (more: Record<string, unknown> = {}): PriceEntry =>
  PriceEntry.parse({ id: "x", model: ["x"], input: 2, output: 10, ...HEAD, ...more });

const used = (more: Partial<Used> = {}): Used => ({
  operation: "chat",
  inputTokens: 1_000_000,
  outputTokens: 0,
  cachedTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
  ...more,
});

describe("what tokens cost", () => {
  const long_prompt = { above_tokens: 200_000, input: 4, output: 15 };
  test.each<[string, Record<string, unknown>, Partial<Used>, number | undefined]>([
    ["input and output", {}, { outputTokens: 100_000 }, 3],
    ["cached input as input without a price of its own", {}, { cachedTokens: 500_000 }, 2],
    ["cached input", { cached_input: 0.2 }, { cachedTokens: 500_000 }, 1.1],
    ["what is written into the cache", { cache_write: 2.5 }, { cacheWriteTokens: 1_000_000 }, 2.5],
    [
      "all three",
      { cached_input: 0.2, cache_write: 2.5 },
      { cachedTokens: 500_000, cacheWriteTokens: 100_000 },
      1.15,
    ],
    ["reasoning as output", {}, { outputTokens: 100_000, reasoningTokens: 60_000 }, 3],
    [
      "reasoning with a price of its own",
      { reasoning: 20 },
      { outputTokens: 100_000, reasoningTokens: 50_000 },
      3.5,
    ],
    ["embeddings", { embeddings: 0.02 }, { operation: "embeddings" }, 0.02],
    ["embeddings as input", {}, { operation: "embeddings" }, 2],
    ["a long prompt", { long_prompt }, { outputTokens: 100_000 }, 5.5],
    ["a prompt that is just not long", { long_prompt }, { inputTokens: 200_000 }, 0.4],
    ["a sum of many calls, which is no long prompt", { long_prompt }, { operation: "step" }, 2],
    ["nothing known of output", { output: undefined }, { outputTokens: 1 }, undefined],
    ["more from the cache than there was", {}, { inputTokens: 10, cachedTokens: 20 }, 0.00002],
  ])("%s", (_, prices, tokens, cost) => {
    const found = computeCost(entry(prices), used(tokens));
    expect(found === undefined ? found : Number(found.toFixed(9))).toBe(cost);
  });
});

describe("the entry that fits", () => {
  const table = new PriceTable([
    entry({ id: "own", provider: ["acme*"], model: ["/gpt-[0-9]+/"] }),
    entry({ id: "new", model: ["gpt-4o", "gpt-4o-20*"], from: "2026-01-01" }),
    entry({ id: "old", model: ["gpt-4o"], from: "2025-01-01", until: "2026-01-01" }),
    entry({ id: "claude", provider: ["anthropic*", "aws*"], model: ["claude-x", "claude-x-v*"] }),
  ]);
  test.each([
    ["openai", "gpt-4o", "2026-05-01", "new"],
    ["openai", "GPT-4o", "2026-05-01", "new"],
    ["openai", "gpt-4o-2024-11-20", "2026-05-01", "new"],
    ["openai", "gpt-4o-mini", "2026-05-01", undefined],
    ["openai", "gpt-4o", "2025-12-31T23:59:59Z", "old"],
    ["openai", "gpt-4o", "2026-01-01", "new"],
    ["openai", "gpt-4o", "2024-01-01", undefined],
    ["acme.eu", "gpt-5", "2026-05-01", "own"],
    ["acme.eu", "gpt-5x", "2026-05-01", undefined],
    ["openai", "gpt-5", "2026-05-01", undefined],
    ["", "gpt-5", "2026-05-01", "own"],
    ["aws.bedrock", "us.anthropic.claude-x-v1:0", "2026-05-01", "claude"],
    ["anthropic", "anthropic/claude-x", "2026-05-01", "claude"],
    ["ollama", "claude-x", "2026-05-01", undefined],
    ["openai", "", "2026-05-01", undefined],
  ])("%s %s on %s: %s", (provider, model, day, id) => {
    expect(table.find(provider, model, Date.parse(day))?.id).toBe(id);
  });
});

describe("a file of prices", () => {
  test.each([
    ["{", /not JSON/],
    ['{"prices":[{}]}', /prices\.0/],
    [JSON.stringify({ prices: [{ ...entry(), model: ["/(/"] }] }), /prices\.0\.model\.0.*RE2/],
  ])("%j is refused", (text, message) => {
    expect(() => readPrices(text)).toThrow(message);
  });
  test.each([
    [{ input: -1 }, /input/],
    [{ from: "yesterday" }, /from/],
    [{ from: "2026-02-01", until: "2026-01-01" }, /later than from/],
    [{ id: "reported" }, /producers/],
    [{ unknown: 1 }, /unknown/],
    [{ model: ["/(a+/"] }, /RE2/],
  ])("an entry with %o is refused", (wrong, message) => {
    expect(() => entry(wrong)).toThrow(message);
  });
});

describe("the prices in force", () => {
  let directory: string;
  let file: string;
  let book: PriceBook;
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "fleetlight-prices-"));
    file = join(directory, "prices.json");
    book = new PriceBook({
      file: () => file,
      now: () => NOW_MS,
      logger: createLogger({ level: "silent", format: "json" }, { version: "test" }),
      registry: createRegistry(),
    });
  });
  afterEach(() => {
    book.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const call = (more: Partial<Priced> = {}): Priced =>
    ({ ...used(), provider: "openai", model: "gpt-4o", costUsd: undefined, ...more }) as Priced;
  let writes = 0;
  const write = async (text: string) => {
    writeFileSync(file, text);
    // Two versions of one length within one tick of the file system's clock.
    utimesSync(file, NOW_MS / 1000, NOW_MS / 1000 + ++writes);
    await book.refresh();
  };

  test("are those of the providers without a file", async () => {
    expect(book.priceOf(call(), NOW_MS)).toMatchObject({ costUsd: 2.5 });
    expect(book.priceOf(call(), NOW_MS).costSource).toMatch(/^gpt-4o@/);
    const { prices, error } = book.list();
    expect(new Set(prices.map(({ id }) => id)).size).toBe(prices.length);
    expect(prices.every(({ source }) => source.startsWith("https://"))).toBe(true);
    expect(error).toBeNull();
  });

  test("never cover what a producer says, and what nobody knows stays unknown", () => {
    expect(book.priceOf(call({ costUsd: 0 }), NOW_MS)).toEqual({
      costUsd: 0,
      costSource: "reported",
    });
    const unknown = { costUsd: 0, costSource: "" };
    expect(book.priceOf(call({ model: "home-made" }), NOW_MS)).toEqual(unknown);
    expect(book.priceOf(call({ inputTokens: 0 }), NOW_MS)).toEqual(unknown);
  });

  test("are those of the file first, read again when it changes, and kept when it is wrong", async () => {
    const own = (input: number) =>
      JSON.stringify({ prices: [entry({ id: "own", model: ["gpt-4o"], input })] });
    await write(own(1));
    expect(book.priceOf(call(), NOW_MS)).toEqual({ costUsd: 1, costSource: "own" });
    await write(own(7));
    expect(book.priceOf(call(), NOW_MS).costUsd).toBe(7);
    await write("{");
    expect(book.priceOf(call(), NOW_MS).costUsd).toBe(7);
    expect(book.list().error).toMatch(/JSON/);
    await write(own(3));
    expect(book.priceOf(call(), NOW_MS).costUsd).toBe(3);
    expect(book.list()).toMatchObject({ error: null, file });
    expect(book.list().prices[0]).toMatchObject({ id: "own", origin: "file" });
  });

  test("a file that is not there is a problem that is told", async () => {
    await book.refresh();
    expect(book.list().error).toMatch(/ENOENT/);
    expect(book.priceOf(call(), NOW_MS).costUsd).toBe(2.5);
  });
});
