import { watch, type FSWatcher } from "node:fs";
import { open } from "node:fs/promises";
import { dirname } from "node:path";

import type { ServiceRegistration } from "@fleetlight/contract";

import type { Config } from "#config";
import { describeError } from "#lib";

import type { Found, Mechanism, MechanismContext } from "../types.ts";
import { filesOf } from "./files.ts";
import { readTargets } from "./targets.ts";

export type FileSdConfig = Config["discovery"]["file_sd"][number];

const MAX_FILE_BYTES = 16 * 1024 * 1024;
/** Quiet time after a change before files are read: editors write in several steps. */
const DEBOUNCE_MS = 100;

/** What is known of one file. */
interface KnownFile {
  text: string;
  /** Of the last content that was good. */
  services: ServiceRegistration[];
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

class FileSd implements Mechanism {
  private readonly config: FileSdConfig;
  private readonly context: MechanismContext;
  private readonly files = new Map<string, KnownFile>();
  private watchers: FSWatcher[] = [];
  private refresh: NodeJS.Timeout | undefined;
  private debounce: NodeJS.Timeout | undefined;
  private looking: Promise<void> = Promise.resolve();
  private listError: string | null = null;
  private stopped = false;

  constructor(config: FileSdConfig, context: MechanismContext) {
    this.config = config;
    this.context = context;
  }

  async start(): Promise<void> {
    this.refresh = setInterval(() => {
      this.rewatch();
      this.look();
    }, this.config.refresh_interval).unref();
    this.rewatch();
    this.look();
    await this.looking;
  }

  found(): Found {
    const files = [...this.files.values()];
    return {
      services: files.flatMap(({ services }) => services),
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
    for (const directory of new Set(this.config.files.map((pattern) => dirname(pattern)))) {
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
      for (const pattern of this.config.files) {
        for (const path of await filesOf(pattern)) named.add(path);
      }
      this.listError = null;
    } catch (error) {
      this.fail(this.config.files.join(", "), this.listError, describeError(error));
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
      const services = readTargets(text, isJson, this.config.type);
      this.files.set(path, { text, services, wasGood: true, error: null });
      return true;
    } catch (error) {
      // A file that is gone has no targets; one that is broken keeps those that it had.
      if (isMissing(error)) return this.files.delete(path);
      const message = describeError(error);
      this.fail(path, known?.error ?? null, message);
      const { services = [], wasGood = false } = known ?? {};
      // The text is forgotten, so that each look tries again what may have been read while it was written.
      this.files.set(path, { text: "\u0000", services, wasGood, error: message });
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

/** Targets in files, in the format of Prometheus' `file_sd_configs`; the files are watched and read again. */
export const createFileSd = (config: FileSdConfig, context: MechanismContext): Mechanism =>
  new FileSd(config, context);
