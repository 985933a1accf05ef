import { setImmediate as nextTurn } from "node:timers/promises";

import { encodeHistogram, type InstantSample, type QueryResult } from "@fleetlight/promql";

import type { RecordingRuleConfig } from "#config";
import { FleetlightError, NAME_LABEL } from "#lib";
import type { Appender, SeriesRef } from "#store";

/** Series that are looked at before others get their turn. */
const SERIES_PER_TURN = 1000;

const ruleError = (message: string): FleetlightError =>
  new FleetlightError("rule_failed", 422, message);

/** What a rule gives, as a vector; a scalar is a sample without labels. */
function samplesOf({ data }: QueryResult): readonly ScalarOrSample[] {
  if (data.kind === "vector") return data.samples;
  if (data.kind === "scalar")
    return [{ labels: undefined, value: data.value, histogram: undefined }];
  throw ruleError("rule result is not a vector or scalar");
}

type ScalarOrSample = Omit<InstantSample, "labels"> & {
  labels: InstantSample["labels"] | undefined;
};

/**
 * Writes the results of one recording rule and remembers its series, so that one that vanishes is ended and one that
 * stays is not built anew each time.
 */
export class Recorder {
  private readonly rule: RecordingRuleConfig;
  /** Series by the labels of the result that they are made of. */
  private refs = new Map<string, SeriesRef>();
  private former: Recorder | undefined;

  constructor(rule: RecordingRuleConfig) {
    this.rule = rule;
  }

  /** Series of the latest evaluation that went well. */
  series(): IterableIterator<SeriesRef> {
    this.takeOver();
    return this.refs.values();
  }

  /** Goes on with the series of a former recorder of the same rule, also of an evaluation that it still has under way. */
  adopt(former: Recorder): void {
    this.former = former;
  }

  private takeOver(): void {
    if (this.former === undefined) return;
    this.former.takeOver();
    this.refs = this.former.refs;
    this.former = undefined;
  }

  /**
   * Stores a result at `timeMs`, and stale markers for series that the former result had and this one has not.
   * @returns the number of samples.
   * @throws FleetlightError in upstream's words when the result can not be stored; nothing is stored then, and no series
   * is ended.
   */
  async record(
    result: QueryResult,
    timeMs: number,
    limit: number,
    appender: Appender,
  ): Promise<number> {
    this.takeOver();
    const samples = samplesOf(result);
    if (limit > 0 && samples.length > limit)
      throw ruleError(`exceeded limit of ${limit} with ${samples.length} series`);
    const refs = new Map<string, SeriesRef>();
    const seen = new Set<SeriesRef>();
    try {
      for (const [at, sample] of samples.entries()) {
        if (at % SERIES_PER_TURN === SERIES_PER_TURN - 1) await nextTurn();
        const key = sample.labels?.key ?? "";
        const ref = this.refs.get(key) ?? appender.series(this.labelsOf(sample));
        if (seen.has(ref))
          throw ruleError(
            "vector contains metrics with the same labelset after applying rule labels",
          );
        seen.add(ref);
        refs.set(key, ref);
        if (sample.histogram === undefined) appender.append(ref, timeMs, sample.value);
        else appender.appendHistogram(ref, timeMs, encodeHistogram(sample.histogram));
      }
      for (const ref of this.refs.values()) if (!seen.has(ref)) appender.appendStale(ref, timeMs);
      await appender.commit();
    } catch (error) {
      appender.rollback();
      throw error;
    }
    this.refs = refs;
    return samples.length;
  }

  /** The result's labels, the rule's above them, and the rule's name; an empty label of the rule removes one. */
  private labelsOf({ labels }: ScalarOrSample): Record<string, string> {
    const merged = new Map(labels?.entries());
    for (const [name, value] of Object.entries(this.rule.labels)) {
      if (value === "") merged.delete(name);
      else merged.set(name, value);
    }
    merged.set(NAME_LABEL, this.rule.name);
    return Object.fromEntries(merged);
  }
}
