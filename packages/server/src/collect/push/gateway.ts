import { setImmediate as nextTurn } from "node:timers/promises";

import type { Config } from "#config";
import { badRequest, describeError, FleetlightError, limitReached, type Logger } from "#lib";
import type { SettingRepository } from "#store";

import { Gate, type GateContext } from "../limits/gate.ts";
import type { ExpositionFormat } from "../scrape/index.ts";
import { groupKey, type Grouping } from "./grouping.ts";
import { readPush, type PushedSeries } from "./read-push.ts";

/** Samples of one commit, when all groups are sampled again. */
const SLICE_SAMPLES = 2000;
const INDEX_KEY = "push_groups";

type Family = readonly [name: string, series: PushedSeries[]];

interface Group {
  tenant: string;
  grouping: Grouping;
  families: Map<string, PushedSeries[]>;
  /** Unix milliseconds; 0 is never. */
  pushedMs: number;
  failedMs: number;
  /** Time of the newest samples: two pushes within a millisecond are two samples. */
  sampledMs: number;
}

interface Options extends GateContext {
  config: () => Pick<Config, "ingest" | "limits" | "storage" | "scrape">;
  settings: SettingRepository;
  logger: Logger;
}

const NAME = "__name__";

/**
 * What the Pushgateway of Prometheus does, without a scrape in between: a group of metrics that was pushed stands until it
 * is replaced or deleted, and is sampled again at each scrape interval. Groups survive a restart.
 */
export class PushGateway {
  private readonly options: Options;
  private readonly groups = new Map<string, Group>();
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> | undefined;
  /** Pushes of one group follow one another. */
  private readonly busy = new Map<string, Promise<unknown>>();
  private stopped = false;

  constructor(options: Options) {
    this.options = options;
  }

  get size(): number {
    return this.groups.size;
  }

  /** Takes up the groups of the former process and begins to sample them. */
  async start(): Promise<void> {
    const { settings, logger } = this.options;
    const index = JSON.parse((await settings.get(INDEX_KEY)) ?? "[]") as string[];
    for (const key of index) {
      const text = await settings.get(settingKey(key));
      if (text === undefined) continue;
      const { families, ...rest } = JSON.parse(text) as Omit<Group, "families"> & {
        families: [string, [PushedSeries["labels"], string][]][];
      };
      this.groups.set(key, {
        ...rest,
        families: new Map(
          families.map(([name, series]) => [
            name,
            series.map(([labels, value]) => ({ labels, value: Number(value) })),
          ]),
        ),
      });
    }
    if (this.groups.size > 0) logger.info({ groups: this.groups.size }, "pushed groups are back");
    this.arm();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.round;
    await Promise.allSettled(this.busy.values());
  }

  /**
   * `replaceAll` is a `PUT`: what the body does not have is gone. Otherwise, as `POST`, only families of the same names
   * are replaced. Durable and readable when it resolves.
   * @throws FleetlightError `bad_request` when the body, or a sample of it, is refused; `limit_reached`, `overloaded`.
   */
  push(
    tenant: string,
    grouping: Grouping,
    body: Buffer,
    format: ExpositionFormat,
    replaceAll: boolean,
  ): Promise<void> {
    const key = groupKey(tenant, grouping);
    return this.inTurn(key, async () => {
      const group = this.groups.get(key) ?? this.newGroup(tenant, grouping);
      const isNew = !this.groups.has(key);
      try {
        const { limits, scrape } = this.options.config();
        const most = { samples: scrape.sample_limit, labels: limits };
        const page = await readPush(body, format, grouping, most);
        const gone = replaceAll
          ? [...group.families]
          : [...group.families].filter(([name]) => page.families.has(name));
        const families = new Map([...(replaceAll ? [] : group.families), ...page.families]);
        for (const [metric, metadata] of page.metadata)
          this.options.metrics.describe(tenant, metric, metadata);
        const next = { ...group, families, pushedMs: this.options.now() };
        const ended = await vanished(gone, [...page.families]);
        const refused = await this.sample(next, ended, true);
        this.groups.set(key, next);
        await this.persist(key, next, isNew);
        if (refused !== undefined) throw badRequest(refused);
      } catch (error) {
        await this.fail(key, error);
        throw error;
      }
    });
  }

  /** Ends the series of a group; a group that is not known is gone already. */
  remove(tenant: string, grouping: Grouping): Promise<void> {
    const key = groupKey(tenant, grouping);
    return this.inTurn(key, async () => {
      const group = this.groups.get(key);
      if (group === undefined) return;
      const ended = { ...group, families: new Map<string, PushedSeries[]>() };
      const own = [...group.families, ["", ownSeries(group)] as const];
      await this.sample(ended, await vanished(own, []), false);
      this.groups.delete(key);
      await this.options.settings.remove(settingKey(key));
      await this.persistIndex();
    });
  }

  private newGroup(tenant: string, grouping: Grouping): Group {
    const limit = this.options.config().ingest.max_push_groups;
    if (this.groups.size >= limit)
      throw limitReached("ingest.max_push_groups", `there are ${limit} pushed groups already`);
    return { tenant, grouping, families: new Map(), pushedMs: 0, failedMs: 0, sampledMs: 0 };
  }

  /** Notes in a group that is known that a push to it was wrong. */
  private async fail(key: string, error: unknown): Promise<void> {
    const group = this.groups.get(key);
    if (group === undefined || !(error instanceof FleetlightError) || error.status !== 400) return;
    group.failedMs = this.options.now();
    await this.sample(group, [], true).catch(() => undefined);
  }

  private inTurn<T>(key: string, job: () => Promise<T>): Promise<T> {
    const before = this.busy.get(key) ?? Promise.resolve();
    const result = before.then(job, job);
    this.busy.set(key, result);
    const done = () => {
      if (this.busy.get(key) === result) this.busy.delete(key);
    };
    result.then(done, done);
    return result;
  }

  /** Writes the group's values as of now; undefined, or what of it was refused. */
  private async sample(
    group: Group,
    ended: readonly PushedSeries["labels"][],
    withOwn: boolean,
  ): Promise<string | undefined> {
    const gate = new Gate(group.tenant, "push", this.options);
    const timeMs = Math.max(this.options.now(), group.sampledMs + 1);
    for (const [i, labels] of ended.entries()) {
      if (i % SLICE_SAMPLES === SLICE_SAMPLES - 1) await nextTurn();
      // A series that was refused has nothing to end.
      const ref = this.options.metrics.find(group.tenant, Object.fromEntries(labels));
      if (ref !== undefined) gate.stale(ref, timeMs);
    }
    if (withOwn) for (const _slice of admitInSlices(gate, group, timeMs)) await nextTurn();
    const { messages } = await gate.commit();
    group.sampledMs = timeMs;
    return messages.length === 0 ? undefined : messages.join("; ");
  }

  private arm(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.round = this.sampleAll()
        .catch((error: unknown) =>
          this.options.logger.warn(
            { error: describeError(error) },
            "pushed groups were not sampled",
          ),
        )
        .finally(() => this.arm());
    }, this.options.config().scrape.interval).unref();
  }

  /** One round over all groups, a few commits per tenant. Groups that are being pushed to are sampled by that. */
  async sampleAll(): Promise<void> {
    const byTenant = new Map<string, string[]>();
    for (const [key, { tenant }] of this.groups) {
      const keys = byTenant.get(tenant);
      if (keys === undefined) byTenant.set(tenant, [key]);
      else keys.push(key);
    }
    for (const [tenant, keys] of byTenant) {
      let gate = new Gate(tenant, "push", this.options);
      for (const key of keys) {
        // Looked up anew: in an earlier turn of this round it may have been replaced or deleted.
        const group = this.groups.get(key);
        if (group === undefined || this.busy.has(key)) continue;
        if (sizeOf(group) > SLICE_SAMPLES) {
          await this.inTurn(key, () => this.sampleAlone(key));
          continue;
        }
        const timeMs = Math.max(this.options.now(), group.sampledMs + 1);
        finish(admitInSlices(gate, group, timeMs));
        group.sampledMs = timeMs;
        if (gate.size < SLICE_SAMPLES) continue;
        await gate.commit(false);
        await nextTurn();
        gate = new Gate(tenant, "push", this.options);
      }
      await gate.commit(false);
    }
  }

  /** A group so large that others need their turn while it is sampled; nobody pushes to it meanwhile. */
  private async sampleAlone(key: string): Promise<void> {
    const group = this.groups.get(key);
    if (group !== undefined) await this.sample(group, [], true);
  }

  private async persist(key: string, group: Group, isNew: boolean): Promise<void> {
    const { families, ...rest } = group;
    const text = JSON.stringify({
      ...rest,
      // JSON has neither NaN nor infinities.
      families: [...families].map(([name, series]) => [
        name,
        series.map(({ labels, value }) => [labels, String(value)]),
      ]),
    });
    await this.options.settings.put(settingKey(key), text);
    if (isNew) await this.persistIndex();
  }

  private persistIndex(): Promise<void> {
    return this.options.settings.put(INDEX_KEY, JSON.stringify([...this.groups.keys()]));
  }
}

const settingKey = (key: string): string => `push_group:${key}`;

/** The two series that the gateway adds to each group. */
function ownSeries({ grouping, pushedMs, failedMs }: Group): PushedSeries[] {
  const labels = grouping.filter(([, value]) => value !== "");
  return [
    { labels: [[NAME, "push_time_seconds"], ...labels], value: pushedMs / 1000 },
    { labels: [[NAME, "push_failure_time_seconds"], ...labels], value: failedMs / 1000 },
  ];
}

const sizeOf = ({ families }: Group): number => {
  let size = 0;
  for (const series of families.values()) size += series.length;
  return size;
};

/** Admits all values of a group; pauses for the caller, who may give way, after each slice. */
function* admitInSlices(gate: Gate, group: Group, timeMs: number): Generator<undefined, void> {
  let count = 0;
  for (const series of [...group.families.values(), ownSeries(group)])
    for (const { labels, value } of series) {
      const ref = gate.series(labels);
      if (ref !== undefined) gate.value(ref, timeMs, value);
      if (++count % SLICE_SAMPLES === 0) yield;
    }
}

function finish(slices: Generator<undefined, void>): void {
  while (slices.next().done !== true);
}

const textOf = (labels: PushedSeries["labels"]): string =>
  JSON.stringify(labels.toSorted(([a], [b]) => (a < b ? -1 : 1)));

/** Labels of the series that were there before and are no more. */
async function vanished(
  before: readonly Family[],
  now: readonly Family[],
): Promise<PushedSeries["labels"][]> {
  const gone = new Map<string, PushedSeries["labels"]>();
  let count = 0;
  for (const [, series] of before)
    for (const { labels } of series) {
      gone.set(textOf(labels), labels);
      if (++count % SLICE_SAMPLES === 0) await nextTurn();
    }
  if (gone.size === 0) return [];
  for (const [, series] of now)
    for (const { labels } of series) {
      gone.delete(textOf(labels));
      if (++count % SLICE_SAMPLES === 0) await nextTurn();
    }
  return [...gone.values()];
}
