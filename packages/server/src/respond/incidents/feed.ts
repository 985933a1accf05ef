import { DEFAULT_TENANT, describeError, type Logger, type Now } from "#lib";

import type { Alertmanager, AlertmanagerChange } from "../alertmanager.ts";
import type { IncidentBook } from "./book.ts";

/** Changes that wait to be looked at; what is dropped is found again by comparing. */
const MAX_WAITING = 100_000;

/** Changes, or incidents, that are looked at without letting others run. */
export const SLICE = 50;

/** How often incidents are compared with the alerts that there are. */
const COMPARE_MS = 60_000;

/** After a start, alerts that others send are waited for so long before they are taken for ended. */
const GRACE_MS = 5 * 60_000;

type AlertChange = Extract<AlertmanagerChange, { kind: "alert" }>;

/** Lets everybody else have a turn. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Waits for something, but not longer than that. */
export async function atMost(work: Promise<void>, longestMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, longestMs)));
  await Promise.race([work, late]);
  clearTimeout(timer);
}

interface FeedOptions {
  alerts: Pick<Alertmanager, "alerts" | "get" | "onChange">;
  book: IncidentBook;
  now: Now;
  logger: Logger;
  onDropped: () => void;
  onOther: (change: Exclude<AlertmanagerChange, { kind: "alert" }>) => void;
  /** Something changed that is to be written. */
  onWork: () => void;
}

/** Brings every change of an alert to the incidents, in order and in small portions. */
export class AlertFeed {
  private readonly options: FeedOptions;
  private readonly tenants = new Set([DEFAULT_TENANT]);
  private waiting: AlertChange[] = [];
  private isScheduled = false;
  private unsubscribe: (() => void) | undefined;
  private comparedMs = 0;
  private startedMs = 0;

  constructor(options: FeedOptions) {
    this.options = options;
  }

  async start(): Promise<void> {
    this.startedMs = this.options.now();
    this.unsubscribe = this.options.alerts.onChange((change) => this.take(change));
    for (const { record } of this.options.book.incidents.values()) this.tenants.add(record.tenant);
    await this.compare(this.startedMs);
  }

  stop(): Promise<void> {
    this.unsubscribe?.();
    return this.settle();
  }

  /** Looks at everything that waits, in small portions, so that an answer is about what is. */
  async settle(): Promise<void> {
    for (let left = this.waiting.length; left > 0; left -= SLICE) {
      this.drain(SLICE);
      if (left > SLICE) await nextTurn();
    }
  }

  /** Compares incidents with alerts once a minute: nothing that was missed stays wrong. */
  async tick(nowMs: number): Promise<void> {
    if (nowMs - this.comparedMs >= COMPARE_MS) await this.compare(nowMs);
  }

  private take(change: AlertmanagerChange): void {
    if (change.kind !== "alert") {
      this.options.onOther(change);
      return this.options.onWork();
    }
    this.tenants.add(change.tenant);
    if (this.waiting.length >= MAX_WAITING) return this.options.onDropped();
    this.waiting.push(change);
    this.schedule();
  }

  private schedule(): void {
    if (this.isScheduled || this.waiting.length === 0) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      this.drain(SLICE);
      this.schedule();
    });
  }

  private drain(most: number): void {
    if (this.waiting.length === 0) return;
    const portion = this.waiting.splice(0, most);
    const { book, now } = this.options;
    const nowMs = now();
    for (const { tenant, change, alert } of portion) {
      if (change === "resolved")
        book.end(tenant, alert.fingerprint, Math.min(alert.endsAtMs, nowMs), nowMs);
      else book.fire(alert, nowMs);
    }
    this.options.onWork();
  }

  private async compare(nowMs: number): Promise<void> {
    this.comparedMs = nowMs;
    const { alerts, book, logger, onWork } = this.options;
    try {
      for (const tenant of this.tenants) {
        const views = await alerts.alerts(tenant);
        for (const [index, { alert }] of views.entries()) {
          if (index % SLICE === SLICE - 1) await nextTurn();
          // It may have ended while we let others run.
          const current = alerts.get(tenant, alert.fingerprint)?.alert;
          const isNew = book.fingerprintOf(tenant, alert.fingerprint) === undefined;
          if (isNew && current !== undefined && current.endsAtMs > nowMs) book.fire(current, nowMs);
        }
      }
      if (nowMs - this.startedMs >= GRACE_MS) await this.endMissing(nowMs);
      onWork();
    } catch (error) {
      logger.warn({ error: describeError(error) }, "incidents were not compared with alerts");
    }
  }

  private async endMissing(nowMs: number): Promise<void> {
    const { alerts, book } = this.options;
    let looked = 0;
    for (const { members } of book.incidents.values()) {
      looked += members.size;
      if (looked > SLICE) {
        looked = 0;
        await nextTurn();
      }
      for (const { tenant, fingerprint, endedAtMs } of members.values()) {
        if (endedAtMs === null && alerts.get(tenant, fingerprint) === undefined)
          book.end(tenant, fingerprint, nowMs, nowMs);
      }
    }
  }
}
