import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, readdir, rm, type FileHandle } from "node:fs/promises";
import { join } from "node:path";

import { FleetlightError } from "#lib";

import { decodeRecords, type Batch } from "./wal-records.ts";

const SUFFIX = ".wal";

/** One file of the log: what it holds becomes one insert per table, under a token made from its name. */
export interface Segment {
  name: string;
  bytes: number;
}

interface OpenSegment extends Segment {
  file: FileHandle;
  pending: { record: Buffer; done: () => void; failed: (error: unknown) => void }[];
  writing: Promise<void> | undefined;
}

/** Buffers of one system call; the kernel takes no more (IOV_MAX). */
const MAX_VECTORS = 1024;

/** One system call and no copy for nearly every write, where `appendFile` makes several trips to the thread pool. */
async function writeWhole(file: FileHandle, records: readonly Buffer[]): Promise<void> {
  for (let first = 0; first < records.length; first += MAX_VECTORS) {
    const some = records.slice(first, first + MAX_VECTORS);
    let { bytesWritten: left } = await file.writev(some);
    for (const record of some) {
      // What the system call left over, which is rare: full disks and signals.
      for (let at = Math.min(left, record.length); at < record.length;)
        at += (await file.write(record, at, record.length - at)).bytesWritten;
      left -= Math.min(left, record.length);
    }
  }
}

const DISK_ERRORS: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT", "EROFS", "EIO"]);

/** What a disk that takes no more means to a sender: nothing of the request was kept, and it may come again later. */
export function refusalOf(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (!DISK_ERRORS.has(code)) return error;
  const message = `the data directory cannot be written (${code}); free some space, what was sent is taken when there is room`;
  return new FleetlightError("overloaded", 503, message, { retryable: true, cause: error });
}

/**
 * The write-ahead log: a record is durable against the death of the process when `append` resolves (it is in the
 * operating system's page cache; a segment is also synced to the disk when it is sealed). Records that arrive while
 * a write is under way leave together in the next one.
 */
export class WriteAheadLog {
  private readonly directory: string;
  private sequence = 0;
  private current: OpenSegment | undefined;
  private sealedBytes = 0;

  constructor(directory: string) {
    this.directory = directory;
  }

  get bytes(): number {
    return this.sealedBytes + (this.current?.bytes ?? 0);
  }

  /** Segments that a former process left behind, oldest first, with what they hold. */
  async recover(): Promise<{ segment: Segment; batches: Batch[]; tornBytes: number }[]> {
    await mkdir(this.directory, { recursive: true });
    const names = (await readdir(this.directory))
      .filter((name) => name.endsWith(SUFFIX))
      .toSorted();
    const found: { segment: Segment; batches: Batch[]; tornBytes: number }[] = [];
    for (const name of names) {
      const bytes = await readFile(join(this.directory, name));
      this.sealedBytes += bytes.length;
      this.sequence = Math.max(this.sequence, Number.parseInt(name, 10) || 0);
      found.push({ segment: { name, bytes: bytes.length }, ...decodeRecords(bytes) });
    }
    return found;
  }

  /** Writes a record into the current segment. `written` runs before any later `seal` of that segment resolves. */
  async append(record: Buffer, written: (segment: string) => void): Promise<void> {
    const segment = (this.current ??= await this.open());
    await new Promise<void>((resolve, reject) => {
      segment.pending.push({
        record,
        done: () => {
          written(segment.name);
          resolve();
        },
        failed: reject,
      });
      segment.writing ??= this.drain(segment);
    });
  }

  /** Ends the current segment and waits until all its records are on the disk. */
  async seal(): Promise<Segment | undefined> {
    const segment = this.current;
    if (segment === undefined) return undefined;
    this.current = undefined;
    await segment.writing;
    this.sealedBytes += segment.bytes;
    await segment.file.datasync();
    await segment.file.close();
    return segment;
  }

  /** Forgets a segment whose rows are in the tables. */
  async remove(segment: Segment): Promise<void> {
    await rm(join(this.directory, segment.name), { force: true });
    this.sealedBytes -= segment.bytes;
  }

  private opening: Promise<OpenSegment> | undefined;

  private open(): Promise<OpenSegment> {
    this.opening ??= (async () => {
      try {
        const name = `${String(++this.sequence).padStart(12, "0")}-${randomUUID()}${SUFFIX}`;
        const file = await open(join(this.directory, name), "a");
        return { name, bytes: 0, file, pending: [], writing: undefined };
      } finally {
        this.opening = undefined;
      }
    })();
    return this.opening;
  }

  /** Ends a segment whose file cannot be repaired: what is whole stays readable, new records go elsewhere. */
  private abandon(segment: OpenSegment): void {
    if (this.current === segment) this.current = undefined;
    for (const { failed } of segment.pending.splice(0))
      failed(new Error(`the write-ahead log cannot be written: ${segment.name}`));
  }

  private async drain(segment: OpenSegment): Promise<void> {
    while (segment.pending.length > 0) {
      const records = segment.pending;
      segment.pending = [];
      try {
        await writeWhole(
          segment.file,
          records.map(({ record }) => record),
        );
        for (const { record, done } of records) {
          segment.bytes += record.length;
          done();
        }
      } catch (error) {
        // What was written of a record that failed would hide the records after it from a replay.
        await segment.file.truncate(segment.bytes).catch(() => this.abandon(segment));
        const reason = refusalOf(error);
        for (const { failed } of records) failed(reason);
      }
    }
    segment.writing = undefined;
  }
}
