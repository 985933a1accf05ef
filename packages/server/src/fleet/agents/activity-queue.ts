import { describeError, type Logger } from "#lib";
import type { Activity, ActivityStore } from "#store";

import type { ActivityPage } from "./activity-page.ts";

/** Rows of one insert. */
const MAX_BATCH = 5000;
/** Activities that wait for the tables to take them; further ones are dropped and counted. */
const MAX_WAITING = 200_000;

/** Rows of one trace, side by side on a page. */
export interface Run {
  tenant: string;
  traceId: string;
  page: ActivityPage;
  from: number;
  count: number;
}

export function* viewsOf({ page, from, count, traceId }: Run): Generator<Activity> {
  for (let row = from; row < from + count; row++) yield page.view(row, traceId);
}

interface Options {
  store: ActivityStore;
  logger: Logger;
  onDropped: (count: number) => void;
  /** Activities that take the place of those of a run that could not be written: the trace may have changed meanwhile. */
  replace: (run: Run) => void;
}

/** What waits of one tenant: activities that may still change, and such as lie on pages. */
interface Waiting {
  loose: Set<Activity>;
  runs: Set<Run>;
}

/** Activities on their way into the tables. */
export class ActivityQueue {
  private readonly options: Options;
  private readonly tenants = new Map<string, Waiting>();
  private readonly underWay = new Set<Activity>();
  private size = 0;
  private writing: Promise<void> = Promise.resolve();

  constructor(options: Options) {
    this.options = options;
  }

  /** Whether the tables are just being given the activity: what becomes of it is not known. */
  isUnderWay(activity: Activity): boolean {
    return this.underWay.has(activity);
  }

  add(tenant: string, activity: Activity): void {
    const { loose } = this.of(tenant);
    if (loose.has(activity) || !this.hasRoomFor(1)) return;
    loose.add(activity);
    this.size++;
  }

  addRun(run: Run): void {
    const { runs } = this.of(run.tenant);
    if (runs.has(run) || !this.hasRoomFor(run.count)) return;
    runs.add(run);
    this.size += run.count;
  }

  /** @returns whether it had waited */
  take(tenant: string, activity: Activity): boolean {
    const had = this.tenants.get(tenant)?.loose.delete(activity) === true;
    if (had) this.size--;
    return had;
  }

  takeRun(run: Run): boolean {
    const had = this.tenants.get(run.tenant)?.runs.delete(run) === true;
    if (had) this.size -= run.count;
    return had;
  }

  /** Resolves when the tables have what was there before the call, or did not take it. */
  flush(): Promise<void> {
    this.writing = this.writing.then(() => this.write());
    return this.writing;
  }

  private async write(): Promise<void> {
    for (const [tenant, { loose, runs }] of this.tenants) {
      while (loose.size + runs.size > 0) if (!(await this.writeBatch(tenant))) return;
      this.tenants.delete(tenant);
    }
  }

  private async writeBatch(tenant: string): Promise<boolean> {
    const { loose, runs } = this.of(tenant);
    const batch: Activity[] = [];
    for (const one of loose) {
      if (batch.length >= MAX_BATCH) break;
      this.take(tenant, one);
      this.underWay.add(one);
      batch.push(one);
    }
    const taken: Run[] = [];
    for (const run of runs) {
      if (batch.length >= MAX_BATCH) break;
      this.takeRun(run);
      taken.push(run);
      batch.push(...viewsOf(run));
    }
    try {
      await this.options.store.append(tenant, batch);
      return true;
    } catch (error) {
      const details = { tenant, error: describeError(error) };
      this.options.logger.warn(details, "activities of agents are not stored yet");
      for (const one of this.underWay) this.add(tenant, one);
      for (const run of taken) this.options.replace(run);
      return false;
    } finally {
      this.underWay.clear();
    }
  }

  private hasRoomFor(count: number): boolean {
    const hasRoom = this.size + count <= MAX_WAITING;
    if (!hasRoom) this.options.onDropped(count);
    return hasRoom;
  }

  private of(tenant: string): Waiting {
    let waiting = this.tenants.get(tenant);
    if (waiting === undefined) {
      waiting = { loose: new Set(), runs: new Set() };
      this.tenants.set(tenant, waiting);
    }
    return waiting;
  }
}
