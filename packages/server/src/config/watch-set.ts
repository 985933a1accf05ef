import { FileWatch } from "./watch.ts";

interface WatchSetOptions {
  onChange: () => void;
  debounceMs: number;
  pollMs: number;
}

/** Watches the content of several files, which may be others after a reload. */
export class WatchSet {
  private readonly options: WatchSetOptions;
  private readonly watches = new Map<string, FileWatch>();
  private work: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(options: WatchSetOptions) {
    this.options = options;
  }

  /** From when it resolves these files are watched, and no others. */
  follow(files: readonly string[]): Promise<void> {
    this.work = this.work.then(async () => {
      const wanted = new Set(this.stopped ? [] : files);
      for (const [file, watch] of this.watches) {
        if (wanted.has(file)) continue;
        this.watches.delete(file);
        await watch.stop();
      }
      for (const file of wanted) {
        if (this.watches.has(file)) continue;
        const watch = new FileWatch({ file, ...this.options });
        this.watches.set(file, watch);
        await watch.start();
      }
    });
    return this.work;
  }

  stop(): Promise<void> {
    this.stopped = true;
    return this.follow([]);
  }
}
