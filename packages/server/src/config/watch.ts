import { watch, type FSWatcher } from "node:fs";
import { readFile, realpath } from "node:fs/promises";
import { createHash } from "node:crypto";
import { dirname } from "node:path";

interface WatchOptions {
  file: string;
  /** Called once things are quiet and the content differs from what it was. */
  onChange: () => void;
  /** Quiet time before the file is looked at, in ms: editors write in several steps. */
  debounceMs: number;
  /** Time between looks that need no event, in ms: network and bind mounts send none. */
  pollMs: number;
}

const MISSING = "missing";

/**
 * Watches the content of one file. The directories of the path and of what it points at are watched, not the file:
 * editors replace files, and Kubernetes swaps a symlink two levels up.
 */
export class FileWatch {
  private readonly options: WatchOptions;
  private watchers: FSWatcher[] = [];
  private watched = "";
  private debounce: NodeJS.Timeout | undefined;
  private poll: NodeJS.Timeout | undefined;
  private seen: string | undefined;
  private looking: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(options: WatchOptions) {
    this.options = options;
  }

  /** Calls `onChange` once at the start: what changed since the file was first read had nobody to tell us. */
  async start(): Promise<void> {
    this.poll = setInterval(() => this.look(true), this.options.pollMs).unref();
    await this.follow();
    this.look(false);
    await this.looking;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.debounce);
    clearInterval(this.poll);
    await this.looking;
    this.unwatch();
  }

  private unwatch(): void {
    for (const watcher of this.watchers) watcher.close();
    this.watchers = [];
    this.watched = "";
  }

  private readonly soon = (): void => {
    if (this.stopped) return;
    clearTimeout(this.debounce);
    this.debounce = setTimeout(() => this.look(false), this.options.debounceMs).unref();
  };

  private look(fromPoll: boolean): void {
    this.looking = this.looking.then(async () => {
      if (this.stopped) return;
      await this.follow();
      const now = await fingerprint(this.options.file);
      // A file that is being replaced is missing for a moment; the next poll tells whether it is gone.
      if (this.stopped || now === this.seen || (now === MISSING && !fromPoll)) return;
      this.seen = now;
      this.options.onChange();
    });
  }

  /** Directories move when a symlink is swapped, so they are found anew before each look. */
  private async follow(): Promise<void> {
    const { file } = this.options;
    const target = await realpath(file).catch(() => file);
    const directories = [...new Set([dirname(file), dirname(target)])];
    const wanted = directories.join("\0");
    if (this.stopped || (wanted === this.watched && this.watchers.length > 0)) return;
    this.unwatch();
    for (const directory of directories) {
      try {
        const watcher = watch(directory, { persistent: false }, this.soon);
        // A directory that is removed, or a limit of the system: polling goes on and opens it again.
        watcher.on("error", () => this.unwatch());
        this.watchers.push(watcher);
      } catch {
        continue;
      }
    }
    this.watched = wanted;
  }
}

/** Changes when the content of a file does. */
async function fingerprint(file: string): Promise<string> {
  try {
    return createHash("sha256")
      .update(await readFile(file))
      .digest("base64");
  } catch {
    return MISSING;
  }
}
