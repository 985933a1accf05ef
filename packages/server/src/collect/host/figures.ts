import os from "node:os";

import type { HostFigures } from "@fleetlight/contract";

import type { Emit } from "./emit.ts";
import type { Space } from "./file-systems.ts";

/** The figures of one round from which rates are made. */
interface Totals {
  timeMs: number;
  cpuSeconds: number;
  idleSeconds: number;
  receivedBytes: number;
  sentBytes: number;
}

const percent = (part: number, whole: number): number | null =>
  whole > 0 ? Math.min(100, Math.max(0, (part / whole) * 100)) : null;

/** Listens to the rounds and keeps what the overview shows. */
export class FigureKeeper {
  private readonly hostname: string;
  private round: Totals;
  private former: Totals | undefined;
  private readonly memory = { total: 0, available: 0 };
  private load1: number | null = null;
  private figures_: HostFigures;

  constructor(hostname: string) {
    this.hostname = hostname;
    this.round = this.emptyRound(0);
    this.figures_ = this.compute(undefined);
  }

  get figures(): HostFigures {
    return this.figures_;
  }

  begin(timeMs: number): void {
    this.round = this.emptyRound(timeMs);
  }

  readonly take: Emit = (name, labels, value) => {
    const { round } = this;
    if (name === "node_cpu_seconds_total") {
      round.cpuSeconds += value;
      // Waiting for a disk is idle time too: the CPU could have worked.
      if (labels["mode"] === "idle" || labels["mode"] === "iowait") round.idleSeconds += value;
    } else if (name === "node_memory_MemTotal_bytes") this.memory.total = value;
    else if (name === "node_memory_MemAvailable_bytes") this.memory.available = value;
    else if (name === "node_load1") this.load1 = value;
    else if (labels["device"] !== "lo") {
      if (name === "node_network_receive_bytes_total") round.receivedBytes += value;
      else if (name === "node_network_transmit_bytes_total") round.sentBytes += value;
    }
  };

  end(disk: Space | undefined): void {
    this.figures_ = this.compute(disk);
    this.former = this.round;
  }

  private emptyRound(timeMs: number): Totals {
    return { timeMs, cpuSeconds: 0, idleSeconds: 0, receivedBytes: 0, sentBytes: 0 };
  }

  private compute(disk: Space | undefined): HostFigures {
    const { round, former, memory } = this;
    const seconds = former === undefined ? 0 : (round.timeMs - former.timeMs) / 1000;
    const cpu = former === undefined ? 0 : round.cpuSeconds - former.cpuSeconds;
    const idle = former === undefined ? 0 : round.idleSeconds - former.idleSeconds;
    // A counter that went back belongs to a device that is gone.
    const rate = (key: "receivedBytes" | "sentBytes"): number | null =>
      former === undefined || seconds <= 0
        ? null
        : Math.max(0, (round[key] - former[key]) / seconds);
    const used = disk === undefined ? 0 : disk.sizeBytes - disk.freeBytes;
    const memoryUsed = memory.total - memory.available;
    return {
      hostname: this.hostname,
      cpu_percent: percent(cpu - idle, cpu),
      cpu_count: os.cpus().length,
      load1: this.load1,
      memory_percent: percent(memoryUsed, memory.total),
      memory_used_bytes: memory.total > 0 ? memoryUsed : null,
      memory_total_bytes: memory.total > 0 ? memory.total : null,
      disk_percent: disk === undefined ? null : percent(used, used + disk.availableBytes),
      disk_used_bytes: disk === undefined ? null : used,
      disk_total_bytes: disk?.sizeBytes ?? null,
      network_receive_bytes_per_second: rate("receivedBytes"),
      network_transmit_bytes_per_second: rate("sentBytes"),
    };
  }
}
