import { NAME_LABEL, type LabelSet } from "#lib";
import type { Appender, MetricStore, SeriesRef } from "#store";

import type { Emit } from "./emit.ts";

/** Series of one round beyond this are left out and counted. */
const SERIES_LIMIT = 20_000;

interface Known {
  ref: SeriesRef;
  round: number;
}

/** Appends the rounds of one source and ends the series that a round does not have any more. */
export class SeriesBook {
  private readonly appender: Appender;
  private readonly ownLabels: LabelSet;
  private known = new Map<string, Known>();
  private round = 0;
  private timeMs = 0;
  /** Figures that no series could be had for. */
  refused = 0;

  constructor(metrics: MetricStore, tenant: string, ownLabels: LabelSet) {
    this.appender = metrics.appender(tenant);
    this.ownLabels = ownLabels;
  }

  begin(timeMs: number): void {
    this.round++;
    this.timeMs = timeMs;
  }

  readonly put: Emit = (name, labels, value) => {
    let key = name;
    for (const label in labels) key += `\u0000${labels[label]}`;
    let known = this.known.get(key);
    if (known === undefined) {
      const ref = this.open(name, labels);
      if (ref === undefined) return;
      known = { ref, round: this.round };
      this.known.set(key, known);
    }
    known.round = this.round;
    this.appender.append(known.ref, this.timeMs, value);
  };

  /** Rejects as `Appender.commit` does; series that ended are then ended by the next round. */
  async end(): Promise<void> {
    const gone: string[] = [];
    for (const [key, { ref, round }] of this.known) {
      if (round === this.round) continue;
      this.appender.appendStale(ref, this.timeMs);
      gone.push(key);
    }
    await this.appender.commit();
    for (const key of gone) this.known.delete(key);
  }

  private open(name: string, labels: LabelSet): SeriesRef | undefined {
    if (this.known.size >= SERIES_LIMIT) {
      this.refused++;
      return undefined;
    }
    try {
      return this.appender.series({ ...labels, ...this.ownLabels, [NAME_LABEL]: name });
    } catch {
      this.refused++;
      return undefined;
    }
  }
}
