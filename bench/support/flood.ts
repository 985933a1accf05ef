import type { BenchServer } from "./children.ts";
import { cpuSeconds, sleep } from "./process.ts";
import { ownMetric } from "./questions.ts";

const SETTLE_MS = 120_000;
/** Figures of the fleet go on being written. */
const FEW_ROWS = 2000;
const RETRY_MS = 100;

/** What is sent, as often as there are bodies. */
export interface Flood {
  path: string;
  type: string;
  bodies: readonly Uint8Array<ArrayBuffer>[];
}

export interface Sent {
  seconds: number;
  cpuSeconds: number;
  /** Of each request, in milliseconds. */
  latencies: number[];
}

/** Sends all bodies, each by the next sender that is free; one that the server has no room for comes again. */
export async function flood(
  { url, pid }: BenchServer,
  { path, type, bodies }: Flood,
  senders: number,
): Promise<Sent> {
  const latencies: number[] = [];
  const [cpu, start] = [cpuSeconds(pid), performance.now()];
  const waiting = bodies.toReversed();
  const sender = async () => {
    for (let body = waiting.pop(); body !== undefined; body = waiting.pop()) {
      const began = performance.now();
      const answer = await fetch(`${url}${path}`, {
        method: "POST",
        headers: { "content-type": type },
        body,
      });
      await answer.arrayBuffer();
      if (answer.status === 503) {
        await sleep(RETRY_MS);
        waiting.push(body);
      } else if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
      latencies.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: senders }, sender));
  return {
    seconds: (performance.now() - start) / 1000,
    cpuSeconds: cpuSeconds(pid) - cpu,
    latencies,
  };
}

/** Resolves when all that was taken is in the tables and the server rests. */
export async function settle({ url, pid }: BenchServer): Promise<void> {
  const deadline = performance.now() + SETTLE_MS;
  for (let quiet = 0; quiet < 2 && performance.now() < deadline;) {
    const cpu = cpuSeconds(pid);
    await sleep(2000);
    const pending = await ownMetric(url, "fleetlight_store_pending_rows");
    quiet = pending < FEW_ROWS && cpuSeconds(pid) - cpu < 0.2 ? quiet + 1 : 0;
  }
}
