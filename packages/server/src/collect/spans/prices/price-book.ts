import { readFileSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";

import type { Price } from "@fleetlight/contract";
import type { Registry } from "@fleetlight/sdk";

import { describeError, type Logger, type Now } from "#lib";

import type { Facets } from "../model.ts";
import { computeCost } from "./cost.ts";
import { readPrices, type PriceEntry } from "./price-entry.ts";
import { PriceTable } from "./price-table.ts";

const POLL_MS = 5000;
const MAX_FILE_BYTES = 8 << 20;

const builtIn = (): PriceEntry[] =>
  readPrices(readFileSync(new URL("./built-in.json", import.meta.url), "utf8"));

interface Options {
  /** The user's file, read again when it changes. */
  file: () => string | undefined;
  now: Now;
  logger: Logger;
  registry: Registry;
}

/** What a span cost, and who says so; empty and 0 when nobody knows. */
export interface Cost {
  costUsd: number;
  costSource: string;
}

/** A span that costs, as far as it says. */
export type Priced = Omit<Facets, "dialects">;

/** Prices that an entry does not have are null. */
const ratesOf = (one: PriceEntry | NonNullable<PriceEntry["long_prompt"]>) => ({
  input: one.input ?? null,
  cached_input: one.cached_input ?? null,
  cache_write: one.cache_write ?? null,
  output: one.output ?? null,
  reasoning: one.reasoning ?? null,
  embeddings: one.embeddings ?? null,
});

const listed = (entry: PriceEntry, origin: Price["origin"]): Price => ({
  ...entry,
  until: entry.until ?? null,
  ...ratesOf(entry),
  long_prompt:
    entry.long_prompt === undefined
      ? null
      : { above_tokens: entry.long_prompt.above_tokens, ...ratesOf(entry.long_prompt) },
  origin,
});

/** The prices in force. A file that is wrong leaves those of before in force, and says so. */
export class PriceBook {
  private readonly options: Options;
  private readonly base = builtIn();
  private own: PriceEntry[] = [];
  private table = new PriceTable(this.base);
  private loadedMs: number;
  private version = "";
  private problem: string | null = null;
  private timer: NodeJS.Timeout | undefined;

  constructor(options: Options) {
    this.options = options;
    this.loadedMs = options.now();
    options.registry
      .gauge({
        name: "fleetlight_prices_file_ok",
        help: "Whether the file of traces.prices is in force; 1 without one.",
      })
      .collect((gauge) => gauge.set(this.problem === null ? 1 : 0));
  }

  async start(): Promise<void> {
    await this.refresh();
    this.timer = setInterval(() => void this.refresh(), POLL_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Reads the file when it is not the one that was read last. Never rejects. */
  async refresh(): Promise<void> {
    const file = this.options.file();
    try {
      if (file === undefined) {
        if (this.version !== "") this.use([], "");
        this.problem = null;
        return;
      }
      const { mtimeMs, size } = await stat(file);
      const version = `${file}\0${mtimeMs}\0${size}`;
      if (version === this.version) return;
      if (size > MAX_FILE_BYTES) throw new Error(`larger than ${MAX_FILE_BYTES} bytes`);
      this.use(readPrices(await readFile(file, "utf8")), version);
    } catch (error) {
      const problem = describeError(error);
      if (problem !== this.problem)
        this.options.logger.warn({ file, error: problem }, "the file of prices is not used");
      this.problem = problem;
    }
  }

  /** What a span cost: as its producer says, else as its tokens cost at its time. */
  priceOf(span: Priced, timeMs: number): Cost {
    if (span.costUsd !== undefined) return { costUsd: span.costUsd, costSource: "reported" };
    const hasTokens = span.inputTokens > 0 || span.outputTokens > 0;
    const entry = hasTokens ? this.table.find(span.provider, span.model, timeMs) : undefined;
    const costUsd = entry === undefined ? undefined : computeCost(entry, span);
    return costUsd === undefined
      ? { costUsd: 0, costSource: "" }
      : { costUsd, costSource: entry?.id ?? "" };
  }

  list(): { prices: Price[]; file: string | null; error: string | null; loadedMs: number } {
    return {
      prices: [
        ...this.own.map((entry) => listed(entry, "file")),
        ...this.base.map((entry) => listed(entry, "built-in")),
      ],
      file: this.options.file() ?? null,
      error: this.problem,
      loadedMs: this.loadedMs,
    };
  }

  private use(own: PriceEntry[], version: string): void {
    this.own = own;
    this.table = new PriceTable([...own, ...this.base]);
    this.version = version;
    this.problem = null;
    this.loadedMs = this.options.now();
  }
}
