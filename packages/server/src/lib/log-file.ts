import { mkdir, open, rename, rm, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";

import { describeError } from "./errors.ts";
import type { Now } from "./time.ts";

interface LogFileOptions {
  path: string;
  /** Size at which the file is rotated. */
  max_bytes: number;
  /** Files that are kept: `path`, `path.1` and so on. */
  max_files: number;
  now: Now;
  /** Told once when the file cannot be written, once when lines are dropped, and once when it works again. */
  onProblem: (message: string) => void;
}

/** Lines waiting for a slow or broken disk; further ones are dropped and counted. */
const MAX_WAITING_BYTES = 4 * 1024 ** 2;

/** Time between attempts to open a file that cannot be written, in ms. */
const RETRY_AFTER_MS = 30_000;

/**
 * A text file that is rotated by size. Writing never blocks and never throws: lines wait in memory until the
 * file takes them, and are dropped, and counted, when it does not.
 */
export class LogFile {
  /** Lines that were not written since the start. */
  dropped = 0;
  private readonly options: LogFileOptions;
  private waiting: string[] = [];
  private waitingBytes = 0;
  private handle: FileHandle | undefined;
  private size = 0;
  private busy: Promise<void> | undefined;
  private broken = false;
  private retryAt = 0;
  private toldDropped = false;

  constructor(options: LogFileOptions) {
    this.options = options;
  }

  /** @param line one line with its newline. */
  write(line: string): void {
    const bytes = Buffer.byteLength(line);
    if (this.waitingBytes + bytes > MAX_WAITING_BYTES) {
      this.dropped++;
      if (!this.toldDropped && !this.broken) {
        this.toldDropped = true;
        this.options.onProblem("the log file is too slow; lines are left out of it");
      }
      return;
    }
    this.waiting.push(line);
    this.waitingBytes += bytes;
    this.busy ??= this.drain();
  }

  /** Writes what is waiting and closes the file; a later line opens it again. */
  async close(): Promise<void> {
    while (this.busy) await this.busy;
    await this.handle?.close().catch(() => undefined);
    this.handle = undefined;
  }

  private async drain(): Promise<void> {
    // Lines of one turn of the event loop are written together.
    await Promise.resolve();
    while (this.waiting.length > 0) {
      const lines = this.waiting;
      this.waiting = [];
      this.waitingBytes = 0;
      await this.writeLines(lines);
    }
    this.busy = undefined;
  }

  private async writeLines(lines: string[]): Promise<void> {
    if (this.broken && this.options.now() < this.retryAt) {
      this.dropped += lines.length;
      return;
    }
    try {
      for (let next = 0; next < lines.length;) next = await this.writeSome(lines, next);
      if (this.broken) {
        this.broken = false;
        this.options.onProblem(
          `the log file is written again; ${this.dropped} lines are missing in it`,
        );
      }
    } catch (error) {
      this.dropped += lines.length;
      this.retryAt = this.options.now() + RETRY_AFTER_MS;
      await this.handle?.close().catch(() => undefined);
      this.handle = undefined;
      if (this.broken) return;
      this.broken = true;
      this.options.onProblem(`the log file cannot be written: ${describeError(error)}`);
    }
  }

  /** Writes as many lines as fit into the current file, at least one. @returns the index of the next line. */
  private async writeSome(lines: string[], from: number): Promise<number> {
    let text = "";
    let bytes = 0;
    let next = from;
    this.handle ??= await this.openFile();
    for (; next < lines.length; next++) {
      const line = lines[next] ?? "";
      const length = Buffer.byteLength(line);
      if (this.size + bytes > 0 && this.size + bytes + length > this.options.max_bytes) break;
      text += line;
      bytes += length;
    }
    if (next > from) await this.handle.appendFile(text);
    this.size += bytes;
    if (next < lines.length) await this.rotate();
    return next;
  }

  private async openFile(): Promise<FileHandle> {
    const { path } = this.options;
    await mkdir(dirname(path), { recursive: true });
    // Log lines name hosts and people; only the owner and the group read them.
    const handle = await open(path, "a", 0o640);
    this.size = (await handle.stat()).size;
    return handle;
  }

  private async rotate(): Promise<void> {
    const { path, max_files } = this.options;
    await this.handle?.close();
    this.handle = undefined;
    const older = max_files - 1;
    await rm(older > 0 ? `${path}.${older}` : path, { force: true });
    for (let index = older - 1; index >= 0; index--) {
      const from = index === 0 ? path : `${path}.${index}`;
      await rename(from, `${path}.${index + 1}`).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOENT") throw error;
      });
    }
  }
}
