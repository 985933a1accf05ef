import type { BenchServer } from "./children.ts";
import { sleep } from "./process.ts";

const EVERY_MS = 50;
const WORD = "tailprobe";

/** Sends a line now and then and follows the live tail: how long a line takes from its sending to who follows. */
export class TailProbe {
  /** Milliseconds of each line that came. */
  readonly latencies: number[] = [];
  private readonly url: string;
  private readonly ending = new AbortController();
  private done: Promise<unknown> = Promise.resolve();

  private constructor({ url }: BenchServer) {
    this.url = url;
  }

  static async start(server: BenchServer): Promise<TailProbe> {
    const probe = new TailProbe(server);
    const { signal } = probe.ending;
    const { body } = await fetch(`${probe.url}/api/v1/logs/tail?q=${WORD}`, { signal });
    if (body === null) throw new Error("the tail has no body");
    probe.done = Promise.allSettled([probe.read(body), probe.write()]);
    return probe;
  }

  async stop(): Promise<void> {
    await sleep(1000);
    this.ending.abort();
    await this.done;
  }

  private async read(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of body)
      for (const [, sentMs] of decoder
        .decode(chunk, { stream: true })
        .matchAll(new RegExp(`${WORD} (\\d+\\.\\d+) sent`, "g")))
        this.latencies.push(performance.now() - Number(sentMs));
  }

  private async write(): Promise<void> {
    while (!this.ending.signal.aborted) {
      const msg = `${WORD} ${performance.now().toFixed(3)} sent`;
      const answer = await fetch(`${this.url}/api/v1/logs`, {
        method: "POST",
        headers: { "content-type": "application/x-ndjson" },
        body: JSON.stringify({ msg, level: "info", service: "probe" }),
      });
      await answer.arrayBuffer();
      await sleep(EVERY_MS);
    }
  }
}
