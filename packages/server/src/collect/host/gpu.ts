import { execFile } from "node:child_process";

import type { Emit } from "./emit.ts";

const ABSENT_RETRY_MS = 10 * 60_000;
/** Starting the tool costs far more than reading a file, so a shorter interval does not apply to it. */
const MIN_INTERVAL_MS = 15_000;
const TIMEOUT_MS = 5000;
const MAX_OUTPUT_BYTES = 1 << 20;

/** What is asked of nvidia-smi, and the name that NVIDIA's own exporter has for it. */
const FIELDS: readonly (readonly [query: string, name: string])[] = [
  ["utilization.gpu", "DCGM_FI_DEV_GPU_UTIL"],
  ["utilization.memory", "DCGM_FI_DEV_MEM_COPY_UTIL"],
  ["memory.used", "DCGM_FI_DEV_FB_USED"],
  ["memory.free", "DCGM_FI_DEV_FB_FREE"],
  ["temperature.gpu", "DCGM_FI_DEV_GPU_TEMP"],
  ["power.draw", "DCGM_FI_DEV_POWER_USAGE"],
  ["clocks.sm", "DCGM_FI_DEV_SM_CLOCK"],
];

const ARGUMENTS = [
  `--query-gpu=index,uuid,name,${FIELDS.map(([query]) => query).join(",")}`,
  "--format=csv,noheader,nounits",
];

/** One line per GPU; what a GPU does not know, as `[N/A]`, is left out. */
export function emitGpus(csv: string, emit: Emit): void {
  for (const line of csv.split("\n")) {
    const [gpu, uuid, modelName, ...values] = line.split(",").map((field) => field.trim());
    if (gpu === undefined || uuid === undefined || modelName === undefined) continue;
    for (const [at, [, name]] of FIELDS.entries()) {
      const text = values[at] ?? "";
      const value = Number(text);
      if (text !== "" && Number.isFinite(value)) emit(name, { gpu, UUID: uuid, modelName }, value);
    }
  }
}

/** NVIDIA GPUs of this machine, through the tool that comes with their driver; looked for now and then when absent. */
export class Gpus {
  private readonly command: string;
  private readonly now: () => number;
  private askAgainMs = Number.NEGATIVE_INFINITY;
  private latest = "";

  constructor(command: string, now: () => number) {
    this.command = command;
    this.now = now;
  }

  /** Emits the latest answer, a new one when it is time. */
  async emit(emit: Emit): Promise<void> {
    const nowMs = this.now();
    if (nowMs >= this.askAgainMs) {
      const answer = await this.ask();
      this.latest = answer ?? "";
      // A little early, so that timers that are not exact do not leave out every other round.
      this.askAgainMs = nowMs + (answer === undefined ? ABSENT_RETRY_MS : MIN_INTERVAL_MS * 0.9);
    }
    emitGpus(this.latest, emit);
  }

  private ask(): Promise<string | undefined> {
    return new Promise((resolve) => {
      const options = { timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES, windowsHide: true };
      execFile(this.command, ARGUMENTS, options, (error, stdout) =>
        resolve(error ? undefined : stdout),
      );
    });
  }
}
