import { watch, type FSWatcher } from "node:fs";
import { open } from "node:fs/promises";
import { dirname } from "node:path";

import { describeError } from "#lib";

import type { MechanismContext } from "../types.ts";
import { filesOf } from "./files.ts";

export interface TargetFilesOptions<Item> {
  /** Paths; the last part of each may hold `*`. */
  patterns: readonly string[];
  refreshIntervalMs: number;
  /** What one file says; throws an error that says what is wrong with it. */
  read(text: string, isJson: boolean, path: string): Item[];
}

const MAX_FILE_BYTES = 16 * 1024 * 1024;
/** Quiet time after a change before files are read: editors write in several steps. */
const DEBOUNCE_MS = 100;

/** What is known of one file. */
interface KnownFile<Item> {
  text: string;
  /** Of the last content that was good. */
  items: Item[];
  wasGood: boolean;
  error: string | null;
}

async function readText(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (size > MAX_FILE_BYTES) throw new Error(`larger than ${MAX_FILE_BYTES} bytes`);
    return await file.readFile("utf8");
  } finally {
    await file.close();
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ENOENT";

/** Files of targets that are watched and read again when they change. */
export class TargetFiles<Item> {
  private readonly options: TargetFilesOptions<Item>;
  private readonly context: MechanismContext;
  private readonly files = new Map<string, KnownFile<Item>>();
  private watchers: FSWatcher[] = [];
  private refresh: NodeJS.Timeout | undefined;
  private debounce: NodeJS.Timeout | undefined;
  private looking: Promise<void> = Promise.resolve();
  private listError: string | null = null;
  private stopped = false;

  constructor(options: TargetFilesOptions<Item>, context: MechanismContext) {
    this.options = options;
    this.context = context;
  }

  async start(): Promise<void> {
    this.refresh = setInterval(() => {
      this.rewatch();
      this.look();
    }, this.options.refreshIntervalMs).unref();
    this.rewatch();
    this.look();
    await this.looking;
  }

  /** What is known now; `complete` is false while a file was never read well. */
  found(): { items: Item[]; complete: boolean } {
    const files = [...this.files.values()];
    return {
      items: files.flatMap(({ items }) => items),
      complete: this.listError === null && files.every(({ wasGood }) => wasGood),
    };
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.refresh);
    clearTimeout(this.debounce);
    for (const watcher of this.watchers) watcher.close();
    await this.looking;
  }

  /** Directories are watched, not files: files are replaced. One that is not there yet is found by the next refresh. */
  private rewatch(): void {
    for (const watcher of this.watchers) watcher.close();
    this.watchers = [];
    for (const directory of new Set(this.options.patterns.map((pattern) => dirname(pattern)))) {
      try {
        const watcher = watch(directory, { persistent: false }, () => {
          clearTimeout(this.debounce);
          this.debounce = setTimeout(() => this.look(), DEBOUNCE_MS).unref();
        });
        watcher.on("error", () => watcher.close());
        this.watchers.push(watcher);
      } catch {
        continue;
      }
    }
  }

  private look(): void {
    this.looking = this.looking.then(async () => {
      if (!this.stopped && (await this.readAll())) this.context.onChange();
    });
  }

  /** @returns whether anything changed. */
  private async readAll(): Promise<boolean> {
    const wasComplete = this.found().complete;
    const named = new Set<string>();
    try {
      for (const pattern of this.options.patterns) {
        for (const path of await filesOf(pattern)) named.add(path);
      }
      this.listError = null;
    } catch (error) {
      this.fail(this.options.patterns.join(", "), this.listError, describeError(error));
      this.listError = describeError(error);
      return false;
    }
    let changed = false;
    for (const path of named) changed = (await this.readOne(path)) || changed;
    for (const path of this.files.keys()) {
      if (!named.has(path)) changed = this.files.delete(path) || changed;
    }
    return changed || this.found().complete !== wasComplete;
  }

  private async readOne(path: string): Promise<boolean> {
    const known = this.files.get(path);
    let text: string;
    try {
      text = await readText(path);
      if (text === known?.text) return false;
      const isJson = path.toLowerCase().endsWith(".json");
      const items = this.options.read(text, isJson, path);
      this.files.set(path, { text, items, wasGood: true, error: null });
      return true;
    } catch (error) {
      // A file that is gone has no targets; one that is broken keeps those that it had.
      if (isMissing(error)) return this.files.delete(path);
      const message = describeError(error);
      this.fail(path, known?.error ?? null, message);
      const { items = [], wasGood = false } = known ?? {};
      // The text is forgotten, so that each look tries again what may have been read while it was written.
      this.files.set(path, { text: "\u0000", items, wasGood, error: message });
      return known === undefined;
    }
  }

  private fail(path: string, before: string | null, message: string): void {
    this.context.onError();
    if (before === message) return;
    this.context.logger.warn(
      { path, error: message },
      `Could not read targets of ${path}, what was good before stays in force: ${message}`,
    );
  }
}
