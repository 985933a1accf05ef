import { createHash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";

import type { GlobalConfig, ScrapeJob } from "#config";
import { DEFAULT_TENANT, labelKey, type LabelSet, type Logger } from "#lib";

import type { ScrapeRules, ScrapeTarget } from "../scrape/index.ts";
import type { JobClient } from "./client.ts";
import { compileRelabel, type Relabel } from "./relabel.ts";
import type { Source } from "./sources/index.ts";
import { discoveredLabels, populate, type TargetGroup } from "./target-labels.ts";

/** Targets that are relabelled before others get their turn. */
const TARGETS_PER_TURN = 100;
/** Most targets of one job, whatever `target_limit` says. */
const MAX_TARGETS = 100_000;
/** Dropped targets of one job that are remembered unless `keep_dropped_targets` asks for fewer. */
const MAX_DROPPED_TARGETS = 1000;

/** What a pool came to when its sources were last looked through. */
interface PoolState {
  targets: readonly ScrapeTarget[];
  /** Labels of the first few dropped targets, and how many there are. */
  dropped: readonly LabelSet[];
  droppedCount: number;
  /** Whether there are more targets than the job may have. */
  isOverLimit: boolean;
}

interface PoolOptions {
  job: ScrapeJob;
  global: GlobalConfig;
  client: JobClient;
  logger: Logger;
}

/** Ids of services hold no slash, so the two never meet. */
const idOf = (job: string, url: string, labels: LabelSet): string => {
  const digest = createHash("sha256")
    .update(`${url}\u0000${labelKey(labels)}`)
    .digest("hex");
  return `${job}/${digest.slice(0, 24)}`;
};

/** What decides which series a page gives; a change of it ends the series of the targets. */
const rulesKey = (job: ScrapeJob): string =>
  JSON.stringify([
    job.metric_relabel_configs,
    job.honor_timestamps,
    job.track_timestamps_staleness,
  ]);

/** One job of `scrape_configs`: its sources, and the targets that relabelling makes of what they find. */
export class ScrapePool {
  readonly options: PoolOptions;
  readonly sources: ReadonlyMap<string, Source>;
  state: PoolState = { targets: [], dropped: [], droppedCount: 0, isOverLimit: false };
  private readonly relabel: Relabel | undefined;
  private readonly metricRelabel: Relabel | undefined;
  private lastInvalid: string | undefined;

  constructor(options: PoolOptions, sources: ReadonlyMap<string, Source>) {
    this.options = options;
    this.sources = sources;
    this.relabel = compileRelabel(options.job.relabel_configs);
    this.metricRelabel = compileRelabel(options.job.metric_relabel_configs);
  }

  /** Looks through all sources and makes `state` anew; in turns, because there may be many targets. */
  async update(): Promise<void> {
    const { job } = this.options;
    const rules = this.rules(undefined);
    const targets = new Map<string, ScrapeTarget>();
    const dropped: LabelSet[] = [];
    const keepDropped = Math.min(
      job.keep_dropped_targets || MAX_DROPPED_TARGETS,
      MAX_DROPPED_TARGETS,
    );
    let droppedCount = 0;
    let looked = 0;
    let invalid: string | undefined;
    for (const { group, target } of this.everyTarget()) {
      if (++looked % TARGETS_PER_TURN === 0) await nextTurn();
      const discovered = discoveredLabels(target, group.labels, job, this.options.global);
      const populated = populate(discovered, job, this.relabel);
      if (populated.kind === "dropped") {
        droppedCount++;
        if (dropped.length < keepDropped) dropped.push(discovered);
      } else if (populated.kind === "invalid") {
        invalid ??= `${discovered["__address__"] ?? ""}: ${populated.reason}`;
      } else if (targets.size <= MAX_TARGETS) {
        const { kind: _, ...rest } = populated;
        const id = idOf(job.job_name, rest.url, rest.labels);
        targets.set(id, {
          tenant: DEFAULT_TENANT,
          id,
          ...rest,
          honorLabels: job.honor_labels,
          pool: job.job_name,
          discovered,
          rules,
        });
      }
    }
    this.noteInvalid(invalid);
    this.state = { ...this.withinLimit([...targets.values()]), dropped, droppedCount };
  }

  /** Beyond the limit no target is scraped, as upstream does: some of them chosen by chance would be worse. */
  private withinLimit(
    targets: readonly ScrapeTarget[],
  ): Pick<PoolState, "targets" | "isOverLimit"> {
    const limit = Math.min(this.options.job.target_limit || MAX_TARGETS, MAX_TARGETS);
    if (targets.length <= limit) return { targets, isOverLimit: false };
    const rules = this.rules(
      `target_limit exceeded (number of targets: ${targets.length}, limit: ${limit})`,
    );
    const shown = targets.slice(0, MAX_TARGETS);
    return { targets: shown.map((target) => ({ ...target, rules })), isOverLimit: true };
  }

  private *everyTarget(): Generator<{ group: TargetGroup; target: LabelSet }> {
    for (const source of this.sources.values())
      for (const group of source.groups())
        for (const target of group.targets) yield { group, target };
  }

  private rules(refusal: string | undefined): ScrapeRules {
    const { job, client } = this.options;
    return {
      key: rulesKey(job),
      client,
      followRedirects: job.follow_redirects,
      compressed: job.enable_compression,
      honorTimestamps: job.honor_timestamps,
      endsTimedSeries: job.track_timestamps_staleness,
      relabel: this.metricRelabel,
      limits: {
        sample_limit: job.sample_limit,
        label_limit: job.label_limit,
        label_name_length_limit: job.label_name_length_limit,
        label_value_length_limit: job.label_value_length_limit,
        body_size_limit_bytes: job.body_size_limit,
      },
      refusal,
    };
  }

  private noteInvalid(invalid: string | undefined): void {
    if (invalid === this.lastInvalid) return;
    this.lastInvalid = invalid;
    if (invalid === undefined) return;
    this.options.logger.warn(
      { job: this.options.job.job_name, error: invalid },
      "a target can not be scraped and is left out",
    );
  }
}
