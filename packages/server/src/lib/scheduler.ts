import type { Now } from "./time.ts";

/**
 * One run of a job.
 * @param dueMs when it should have begun, Unix milliseconds
 * @returns when it is due again, or null when it is done for good
 */
export type ScheduledRun = (dueMs: number) => number | null | Promise<number | null>;

interface SchedulerOptions {
  now: Now;
  /** Most runs under way at once; what is due beyond that waits, oldest first. No limit when left out. */
  maxConcurrency?: () => number;
  /** The timer wakes at least this often, in ms, so that a clock that is set is noticed; a second when left out. */
  longestSleepMs?: number;
  /** Told of runs that throw; their job is run again after {@link AFTER_ERROR_MS}. */
  onError?: (error: unknown, key: string) => void;
}

export interface SchedulerStats {
  jobs: number;
  running: number;
  /** Jobs that are due and wait for a place. */
  waiting: number;
}

/**
 * Runs many jobs, each at its own pace, on one heap and one timer. A job never overlaps itself: its next time is
 * known only when its run has ended.
 */
export interface Scheduler {
  /** Replaces a job of the same key; a run of the former one that is under way ends without effect on the new one. */
  add(key: string, firstAtMs: number, run: ScheduledRun): void;
  /** Brings the next run of a job forward to `atMs`, unless it is running, unknown, or due earlier. */
  advance(key: string, atMs: number): void;
  remove(key: string): void;
  stats(): SchedulerStats;
  /** Starts nothing more; resolves when what is under way has ended. */
  stop(): Promise<void>;
}

/** Pause of a job whose run threw. */
export const AFTER_ERROR_MS = 10_000;
/** Default of {@link SchedulerOptions.longestSleepMs}. */
const LONGEST_SLEEP_MS = 1000;
/** A clock that goes back by more than this was set, not merely adjusted. */
const SET_BACK_MS = 500;

interface Job {
  key: string;
  dueMs: number;
  run: ScheduledRun;
  /** Place in the heap; -1 while it is running or removed. */
  index: number;
}

/** A binary heap of jobs, the earliest on top; every job knows its place so that it can be taken out. */
class JobHeap {
  readonly jobs: Job[] = [];

  push(job: Job): void {
    job.index = this.jobs.length;
    this.jobs.push(job);
    this.rise(job);
  }

  take(job: Job): void {
    const last = this.jobs.pop();
    if (last !== undefined && last !== job) {
      last.index = job.index;
      this.jobs[job.index] = last;
      this.rise(last);
      this.sink(last);
    }
    job.index = -1;
  }

  rise(job: Job): void {
    for (;;) {
      const parent = this.jobs[(job.index - 1) >> 1];
      if (job.index === 0 || parent === undefined || parent.dueMs <= job.dueMs) return;
      this.swap(job, parent);
    }
  }

  private sink(job: Job): void {
    for (;;) {
      const left = this.jobs[job.index * 2 + 1];
      const right = this.jobs[job.index * 2 + 2];
      const child = left && right && right.dueMs < left.dueMs ? right : left;
      if (child === undefined || child.dueMs >= job.dueMs) return;
      this.swap(job, child);
    }
  }

  private swap(a: Job, b: Job): void {
    [a.index, b.index] = [b.index, a.index];
    this.jobs[a.index] = a;
    this.jobs[b.index] = b;
  }
}

class HeapScheduler implements Scheduler {
  private readonly options: SchedulerOptions;
  private readonly heap = new JobHeap();
  private readonly byKey = new Map<string, Job>();
  private readonly running = new Set<Promise<void>>();
  private timer: NodeJS.Timeout | undefined;
  private timerAtMs = Infinity;
  private lastSeenMs: number;
  private stopped = false;

  constructor(options: SchedulerOptions) {
    this.options = options;
    this.lastSeenMs = options.now();
  }

  add(key: string, firstAtMs: number, run: ScheduledRun): void {
    this.remove(key);
    const job = { key, dueMs: firstAtMs, run, index: -1 };
    this.byKey.set(key, job);
    this.heap.push(job);
    this.arm();
  }

  advance(key: string, atMs: number): void {
    const job = this.byKey.get(key);
    if (!job || job.index < 0 || job.dueMs <= atMs) return;
    job.dueMs = atMs;
    this.heap.rise(job);
    this.arm();
  }

  remove(key: string): void {
    const job = this.byKey.get(key);
    if (!job) return;
    this.byKey.delete(key);
    if (job.index >= 0) this.heap.take(job);
  }

  stats(): SchedulerStats {
    const nowMs = this.options.now();
    const waiting = this.heap.jobs.filter(({ dueMs }) => dueMs <= nowMs).length;
    return { jobs: this.byKey.size, running: this.running.size, waiting };
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await Promise.all(this.running);
  }

  private hasRoom(): boolean {
    return this.running.size < (this.options.maxConcurrency?.() ?? Infinity);
  }

  /** Sets the timer for the earliest job; without room the end of a run does what the timer would. */
  private arm(): void {
    const [next] = this.heap.jobs;
    if (this.stopped || next === undefined || !this.hasRoom()) return;
    if (this.timer !== undefined && this.timerAtMs <= next.dueMs) return;
    clearTimeout(this.timer);
    this.timerAtMs = next.dueMs;
    const delayMs = Math.max(0, next.dueMs - this.options.now());
    this.timer = setTimeout(
      this.wake,
      Math.min(delayMs, this.options.longestSleepMs ?? LONGEST_SLEEP_MS),
    );
  }

  private readonly wake = (): void => {
    this.timer = undefined;
    this.timerAtMs = Infinity;
    const nowMs = this.options.now();
    const backMs = this.lastSeenMs - nowMs;
    this.lastSeenMs = nowMs;
    // Everything moves with a clock that is set back; otherwise all jobs would pause until it has caught up.
    if (backMs > SET_BACK_MS) for (const job of this.heap.jobs) job.dueMs -= backMs;
    for (;;) {
      const [next] = this.heap.jobs;
      if (next === undefined || next.dueMs > nowMs || this.stopped || !this.hasRoom()) break;
      this.heap.take(next);
      this.start(next);
    }
    this.arm();
  };

  private start(job: Job): void {
    const ended = this.runOnce(job).then(() => {
      this.running.delete(ended);
      this.arm();
    });
    this.running.add(ended);
  }

  private async runOnce(job: Job): Promise<void> {
    let nextMs: number | null;
    try {
      nextMs = await job.run(job.dueMs);
    } catch (error) {
      this.options.onError?.(error, job.key);
      nextMs = this.options.now() + AFTER_ERROR_MS;
    }
    if (this.byKey.get(job.key) !== job) return;
    if (nextMs === null) {
      this.byKey.delete(job.key);
      return;
    }
    job.dueMs = nextMs;
    this.heap.push(job);
  }
}

/** A scheduler on the given clock; it starts with the first job. */
export const createScheduler = (options: SchedulerOptions): Scheduler => new HeapScheduler(options);
