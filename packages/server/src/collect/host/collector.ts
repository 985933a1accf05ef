import os from "node:os";

import type { HostFigures } from "@fleetlight/contract";
import type { Registry } from "@fleetlight/sdk";

import type { Config } from "#config";
import { DEFAULT_TENANT, describeError, type Logger, type Now } from "#lib";
import type { MetricStore } from "#store";

import type { Emit } from "./emit.ts";
import { FigureKeeper } from "./figures.ts";
import { FileSystems } from "./file-systems.ts";
import { Gpus } from "./gpu.ts";
import { Processes, type LocalService } from "./processes.ts";
import { SeriesBook } from "./series-book.ts";
import { emitLinux, emitPortable } from "./sources.ts";

/** The start itself, when everything is read and warmed up, is no figure of the machine. */
const FIRST_ROUND_MS = 3000;
/** The second round comes early, so that rates are there soon after the start. */
const SECOND_ROUND_MS = 1000;
const STATFS_TIMEOUT_MS = 2000;

export interface HostCollectorOptions {
  metrics: MetricStore;
  config: () => Config["host"];
  now: Now;
  logger: Logger;
  registry: Registry;
  /** Services that may run on this machine; those that do get figures of their processes (Linux). None when left out. */
  processes?: () => readonly LocalService[];
  /** Where the kernel's files are; `/proc` when left out. Other systems than Linux are asked through Node. */
  procPath?: string;
  /** The tool that tells of GPUs; `nvidia-smi` when left out. */
  gpuCommand?: string;
}

export interface HostCollector {
  start(): void;
  /** Waits for the round under way. Nothing is ended: the next process goes on with the series. */
  stop(): Promise<void>;
  /** Of the latest round; null for what is not known, rates need two rounds. */
  figures(): HostFigures;
  /** One round now; never rejects. */
  collect(): Promise<void>;
}

class Collector implements HostCollector {
  private readonly options: HostCollectorOptions;
  private readonly keeper = new FigureKeeper(os.hostname());
  private readonly book: SeriesBook;
  private readonly fileSystems = new FileSystems(STATFS_TIMEOUT_MS);
  private readonly gpus: Gpus;
  private readonly procPath: string | undefined;
  private readonly processes: Processes | undefined;
  private timer: NodeJS.Timeout | undefined;
  private underWay: Promise<void> | undefined;
  private rounds = 0;
  private stopped = false;

  constructor(options: HostCollectorOptions) {
    this.options = options;
    const labels = { job: "node", instance: os.hostname() };
    this.book = new SeriesBook(options.metrics, DEFAULT_TENANT, labels);
    this.gpus = new Gpus(options.gpuCommand ?? "nvidia-smi", options.now);
    this.procPath = options.procPath ?? (process.platform === "linux" ? "/proc" : undefined);
    if (this.procPath !== undefined && options.processes !== undefined) {
      this.processes = new Processes(this.procPath, options.processes, options.now);
    }
    const rounds = options.registry.counter({
      name: "fleetlight_host_rounds_total",
      help: "Times that the figures of this machine were read.",
    });
    const refused = options.registry.counter({
      name: "fleetlight_host_samples_refused_total",
      help: "Figures of this machine without a series, because a limit was reached.",
    });
    rounds.collect((counter) => counter.setTotal(this.rounds));
    refused.collect((counter) => counter.setTotal(this.book.refused));
  }

  start(): void {
    if (this.stopped || this.timer !== undefined) return;
    this.plan(FIRST_ROUND_MS);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.underWay;
  }

  figures(): HostFigures {
    return this.keeper.figures;
  }

  collect(): Promise<void> {
    this.underWay ??= this.readRound().finally(() => {
      this.underWay = undefined;
    });
    return this.underWay;
  }

  private plan(delayMs: number): void {
    this.timer = setTimeout(() => {
      const { enabled } = this.options.config();
      const round = enabled ? this.collect() : Promise.resolve();
      void round.finally(() => {
        if (!this.stopped) this.plan(this.untilNextMs());
      });
    }, delayMs);
    this.timer.unref();
  }

  /** Rounds are on whole multiples of the interval, which the store compresses best. */
  private untilNextMs(): number {
    const { interval } = this.options.config();
    const sleepMs = interval - (this.options.now() % interval);
    return this.rounds === 1 ? Math.min(SECOND_ROUND_MS, sleepMs) : sleepMs;
  }

  private async readRound(): Promise<void> {
    const { options, keeper, book } = this;
    const { interval } = options.config();
    const nowMs = options.now();
    const plannedMs = nowMs - (nowMs % interval);
    const timeMs = nowMs - plannedMs < interval * 0.05 ? plannedMs : nowMs;
    keeper.begin(nowMs);
    book.begin(timeMs);
    const emit: Emit = (name, labels, value) => {
      // A file of a strange kernel may hold no number where one is expected.
      if (!Number.isFinite(value)) return;
      keeper.take(name, labels, value);
      book.put(name, labels, value);
    };
    try {
      if (this.procPath === undefined) await emitPortable(nowMs, this.fileSystems, emit);
      else await emitLinux(this.procPath, this.fileSystems, emit);
      await this.gpus.emit(emit);
      await this.processes?.emit(emit);
      keeper.end(await this.fileSystems.space(process.platform === "win32" ? "C:\\" : "/"));
      await book.end();
    } catch (error) {
      options.logger.warn(
        { error: describeError(error) },
        "the figures of this machine were not stored",
      );
    }
    this.rounds++;
  }
}

/** Records CPU, memory, disks, network and GPUs of this machine under the names of node_exporter. */
export const createHostCollector = (options: HostCollectorOptions): HostCollector =>
  new Collector(options);
