import type { Ask } from "../http/ask.ts";
import type { Registry } from "../metrics/index.ts";

export type PushOptions = {
  url: string;
  headers: Readonly<Record<string, string>>;
  job: string;
  instance: string;
  registry: Registry;
  intervalMs: number;
  timeoutMs: number;
  ask: Ask;
};

const MAX_ANSWER_BYTES = 65_536;

/** Parts of the path that names a group; what a path cannot hold is written as base64, as the Pushgateway has it. */
function label(name: string, value: string): string {
  if (value !== "" && !value.includes("/")) return `${name}/${encodeURIComponent(value)}`;
  const bytes = new TextEncoder().encode(value);
  const base64 = btoa(String.fromCodePoint(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
  return `${name}@base64/${base64 === "" ? "=" : base64}`;
}

/** Address of a group of pushed metrics: docs/ingest.md, "Batch jobs". */
export const groupUrl = (server: string, job: string, instance: string): string =>
  `${server}/metrics/${label("job", job)}/${label("instance", instance)}`;

/** Sends a registry again and again, for processes that nobody can scrape. */
export class MetricsPusher {
  readonly #options: PushOptions;
  #timer: ReturnType<typeof setInterval> | null = null;
  #running: Promise<boolean> | null = null;
  pushed = 0;
  failed = 0;

  constructor(options: PushOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => void this.push(), this.#options.intervalMs);
    this.#timer.unref?.();
  }

  /** One at a time: a server that hangs is not asked again meanwhile. Never rejects. */
  push(): Promise<boolean> {
    this.#running ??= this.#send("PUT").finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** Sends the last figures, then ends the group: its series would be sampled for ever. */
  async stop(): Promise<void> {
    if (this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
    await this.#running;
    if (await this.push()) await this.#send("DELETE");
  }

  async #send(method: "PUT" | "DELETE"): Promise<boolean> {
    const { url, job, instance, headers, registry, timeoutMs, ask } = this.#options;
    try {
      const { status } = await ask({
        method,
        url: groupUrl(url, job, instance),
        headers: { ...headers, "content-type": "text/plain; version=0.0.4" },
        body: method === "PUT" ? registry.expose() : undefined,
        timeoutMs,
        maxAnswerBytes: MAX_ANSWER_BYTES,
      });
      const isTaken = status >= 200 && status <= 299;
      if (isTaken) this.pushed++;
      else this.failed++;
      return isTaken;
    } catch {
      this.failed++;
      return false;
    }
  }
}
