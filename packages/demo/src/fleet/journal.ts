import type { JsonObject } from "./ask.ts";
import type { Tracer } from "./tracer.ts";

/** Takes lines of JSON. */
export type SendLines = (body: string) => Promise<void>;

type Level = "debug" | "info" | "warn" | "error";

const PAUSE_MS = 1000;
/** Lines that wait to be sent; a server that is away must not cost memory. */
const MAX_WAITING = 2000;

/** What the fleet's services write, sent as lines of JSON with the ids of the trace that they were written in. */
export class Journal {
  readonly #send: SendLines | undefined;
  readonly #tracer: Tracer;
  #waiting: string[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param send where lines go; without it none are kept. */
  constructor(tracer: Tracer, send?: SendLines) {
    this.#tracer = tracer;
    this.#send = send;
    if (send !== undefined) this.#timer = setInterval(() => void this.flush(), PAUSE_MS).unref();
  }

  write(service: string, level: Level, msg: string, more: JsonObject = {}): void {
    if (this.#send === undefined || this.#waiting.length >= MAX_WAITING) return;
    const time = new Date().toISOString();
    this.#waiting.push(
      JSON.stringify({ time, level, service, msg, ...this.#tracer.ids(), ...more }),
    );
  }

  /** Sends what waits. What cannot be sent is lost, as the spans are. */
  async flush(): Promise<void> {
    if (this.#waiting.length === 0 || this.#send === undefined) return;
    const lines = this.#waiting;
    this.#waiting = [];
    await this.#send(lines.join("\n")).catch(() => {});
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }
}
