import { labelKey } from "#lib";

import type { ExemplarRow } from "./tables.ts";
import type { Exemplar, ExemplarStore, SeriesExemplars, SeriesRef } from "./types.ts";

/** Exemplars that one tenant keeps in memory; the oldest go first. */
const MAX_PER_TENANT = 100_000;
/** Characters in names and values of an exemplar's labels together, as in OpenMetrics and in Prometheus. */
const MAX_LABEL_CHARS = 128;

interface ExemplarsOptions {
  idOf(ref: SeriesRef): bigint;
  /** Resolves when the rows are durable. */
  write(tenant: string, rows: readonly ExemplarRow[]): Promise<void>;
}

const isSame = (a: Exemplar, b: Exemplar): boolean =>
  a.timeMs === b.timeMs && Object.is(a.value, b.value) && labelKey(a.labels) === labelKey(b.labels);

/** Whether the labels are longer than allowed; a character is a code point. */
function isTooLong({ labels }: Exemplar): boolean {
  let chars = 0;
  for (const name in labels) {
    const value = labels[name] ?? "";
    // Code points are at most as many as UTF-16 units, and at least half of them: most need no count.
    if (name.length + value.length > 2 * MAX_LABEL_CHARS) return true;
    chars += [...name].length + [...value].length;
    if (chars > MAX_LABEL_CHARS) return true;
  }
  return false;
}

/** One tenant's exemplars by series, each series' by time, bounded together. */
class Shelf {
  private readonly bySeries = new Map<SeriesRef, Exemplar[]>();
  /** Series in the order of their exemplars' arrival. */
  private queue: SeriesRef[] = [];
  private queueStart = 0;

  newest(ref: SeriesRef): Exemplar | undefined {
    return this.bySeries.get(ref)?.at(-1);
  }

  add(exemplar: Exemplar): void {
    const own = this.bySeries.get(exemplar.ref);
    if (own === undefined) this.bySeries.set(exemplar.ref, [exemplar]);
    else own.push(exemplar);
    this.queue.push(exemplar.ref);
    if (this.queue.length - this.queueStart > MAX_PER_TENANT) this.dropOldest();
  }

  between(ref: SeriesRef, startMs: number, endMs: number): Exemplar[] {
    const own = this.bySeries.get(ref) ?? [];
    return own.filter(({ timeMs }) => timeMs >= startMs && timeMs <= endMs);
  }

  private dropOldest(): void {
    const ref = this.queue[this.queueStart++];
    if (ref !== undefined) {
      const own = this.bySeries.get(ref);
      own?.shift();
      if (own?.length === 0) this.bySeries.delete(ref);
    }
    if (this.queueStart > MAX_PER_TENANT) {
      this.queue = this.queue.slice(this.queueStart);
      this.queueStart = 0;
    }
  }
}

/** The newest exemplars of each tenant in memory, all of them in the tables. */
export class Exemplars implements ExemplarStore {
  private readonly options: ExemplarsOptions;
  private readonly shelves = new Map<string, Shelf>();

  constructor(options: ExemplarsOptions) {
    this.options = options;
  }

  /** Takes what the tables have, oldest first; exemplars of series that are not known any more are left out. */
  load(rows: readonly ExemplarRow[], refOf: (tenant: string, id: bigint) => SeriesRef | undefined) {
    for (const { tenant, id, labels, timeMs, value } of rows) {
      const ref = refOf(tenant, id);
      if (ref !== undefined) this.show(tenant, { ref, labels, timeMs, value });
    }
  }

  async append(tenant: string, exemplars: readonly Exemplar[]): Promise<number> {
    const shelf = this.shelfOf(tenant);
    const taken: Exemplar[] = [];
    const newest = new Map<SeriesRef, Exemplar>();
    let refused = 0;
    for (const exemplar of exemplars) {
      if (isTooLong(exemplar)) {
        refused++;
        continue;
      }
      const last = newest.get(exemplar.ref) ?? shelf.newest(exemplar.ref);
      if (last !== undefined && isSame(last, exemplar)) continue;
      if (last !== undefined && last.timeMs >= exemplar.timeMs) {
        refused++;
        continue;
      }
      newest.set(exemplar.ref, exemplar);
      taken.push(exemplar);
    }
    if (taken.length === 0) return refused;
    await this.options.write(
      tenant,
      taken.map(({ ref, timeMs, value, labels }) => ({
        tenant,
        id: this.options.idOf(ref),
        timeMs,
        value,
        labels,
      })),
    );
    for (const exemplar of taken) this.show(tenant, exemplar);
    return refused;
  }

  query(
    tenant: string,
    refs: readonly SeriesRef[],
    startMs: number,
    endMs: number,
  ): SeriesExemplars[] {
    const shelf = this.shelves.get(tenant);
    if (shelf === undefined) return [];
    return refs.flatMap((ref) => {
      const exemplars = shelf.between(ref, startMs, endMs);
      return exemplars.length === 0 ? [] : [{ ref, exemplars }];
    });
  }

  private show(tenant: string, exemplar: Exemplar): void {
    const shelf = this.shelfOf(tenant);
    const last = shelf.newest(exemplar.ref);
    // Two senders at once: whoever was durable first has shown the later one.
    if (last === undefined || last.timeMs < exemplar.timeMs) shelf.add(exemplar);
  }

  private shelfOf(tenant: string): Shelf {
    let shelf = this.shelves.get(tenant);
    if (shelf === undefined) this.shelves.set(tenant, (shelf = new Shelf()));
    return shelf;
  }
}
