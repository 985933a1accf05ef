import { statfs } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

import type { Emit } from "./emit.ts";
import type { Mount } from "./proc.ts";

/** File systems that are looked at. */
const MOUNT_LIMIT = 200;
/** A file server that is gone keeps a thread of the process; with this many lost, no more are risked. */
const STUCK_LIMIT = 2;

export interface Space {
  sizeBytes: number;
  freeBytes: number;
  /** What is left for those who are not root. */
  availableBytes: number;
}

/** Asks file systems for their space, one after the other, and never waits long for one. */
export class FileSystems {
  private readonly timeoutMs: number;
  /** Mount points whose answer is outstanding from an earlier round. */
  private readonly stuck = new Set<string>();

  constructor(timeoutMs: number) {
    this.timeoutMs = timeoutMs;
  }

  /** Undefined when the file system does not answer in time, or not at all. */
  async space(mountpoint: string): Promise<Space | undefined> {
    if (this.stuck.has(mountpoint) || this.stuck.size >= STUCK_LIMIT) return undefined;
    this.stuck.add(mountpoint);
    const asked = statfs(mountpoint)
      .then(({ bsize, blocks, bfree, bavail }) => ({
        sizeBytes: blocks * bsize,
        freeBytes: bfree * bsize,
        availableBytes: bavail * bsize,
      }))
      .catch(() => undefined)
      .finally(() => this.stuck.delete(mountpoint));
    const patience = new AbortController();
    const space = await Promise.race([
      asked,
      sleep(this.timeoutMs, undefined, { signal: patience.signal, ref: false }).catch(
        () => undefined,
      ),
    ]);
    patience.abort();
    return space;
  }

  async emit(mounts: readonly Mount[], emit: Emit): Promise<void> {
    for (const { device, mountpoint, fstype } of mounts.slice(0, MOUNT_LIMIT)) {
      const space = await this.space(mountpoint);
      if (space === undefined || space.sizeBytes === 0) continue;
      const labels = { device, mountpoint, fstype };
      emit("node_filesystem_size_bytes", labels, space.sizeBytes);
      emit("node_filesystem_free_bytes", labels, space.freeBytes);
      emit("node_filesystem_avail_bytes", labels, space.availableBytes);
    }
  }
}
