import { overloaded } from "#lib";

/** Decoded bodies that may be under way at once, in bytes. */
const MAX_BYTES = 256 << 20;

/** Memory of the requests that are being read or wait for the log, so that many large ones at once are not too many. */
export class InFlight {
  private readonly maxBytes: number;
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
}
