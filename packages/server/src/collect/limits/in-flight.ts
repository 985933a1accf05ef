import { overloaded, Turns } from "#lib";

/** Decoded bodies that may be under way at once, in bytes. */
const MAX_BYTES = 256 << 20;
/** Larger bodies are read beside the others, which should not wait for them. */
const MAX_QUEUED_BYTES = 1 << 20;

/** Memory of the requests that are being read or wait for the log, so that many large ones at once are not too many. */
export class InFlight {
  private readonly maxBytes: number;
  /** The request that is read last, among those of moderate size. */
  private reading: Promise<unknown> = Promise.resolve();
  private readonly turns = new Turns();
  bytes = 0;

  constructor(maxBytes = MAX_BYTES) {
    this.maxBytes = maxBytes;
  }

  /**
   * Runs a job that needs so much memory. One alone is always let through.
   * @throws FleetlightError `overloaded`
   */
  async run<T>(bytes: number, job: () => Promise<T>): Promise<T> {
    if (this.bytes > 0 && this.bytes + bytes > this.maxBytes)
      throw overloaded("too many large requests at once; try again in a few seconds");
    this.bytes += bytes;
    try {
      return await job();
    } finally {
      this.bytes -= bytes;
    }
  }

  /**
   * Reads a body after those that came before. Requests that are read side by side take turns, so that the objects of all of
   * them live until the last one is read; one after the other, those of one are garbage before the next one begins. Many
   * that are short keep the event loop no longer than one that is long.
   * @param bodyBytes decoded
   */
  read<T>(bodyBytes: number, job: () => Promise<T>): Promise<T> {
    if (bodyBytes > MAX_QUEUED_BYTES) return job();
    const result = this.reading.then(async () => {
      await this.pause();
      return job();
    });
    this.reading = result.catch(() => undefined);
    return result;
  }

  /** Gives others a turn when what is read has taken long enough. */
  async pause(): Promise<void> {
    if (this.turns.isLong) await this.turns.next();
  }
}
