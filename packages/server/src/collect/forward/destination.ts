import { promisify } from "node:util";
import { gzip } from "node:zlib";

import { DEFAULT_TENANT, describeError, type Logger, type Now, type Outbound } from "#lib";

import { HOPS_HEADER, type Parcel } from "./parcel.ts";

const compress = promisify(gzip);

/** Requests under way at once. */
const CONCURRENCY = 4;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
const MAX_ANSWER_BYTES = 4096;
/** Smaller bodies are sent as they are. */
const COMPRESS_FROM_BYTES = 1024;
/** What OTLP's specification calls retryable, and a server that has no route yet because it is starting. */
const TEMPORARY: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);

export type DropReason = "queue_full" | "too_old" | "refused" | "stopped";

/** What one request of a parcel is; most parcels are one. */
export interface Letter {
  url: string;
  contentType: string;
  body: Buffer;
}

interface Options {
  name: string;
  client: Pick<Outbound, "request">;
  headers: Readonly<Record<string, string>>;
  timeoutMs: number;
  queueBytes: number;
  maxAgeMs: number;
  followRedirects: boolean;
  letters(parcel: Parcel): Promise<readonly Letter[]>;
  now: Now;
  random: () => number;
  logger: Logger;
  onSent(parcel: Parcel): void;
  onFailed(): void;
  onDropped(parcel: Parcel, reason: DropReason): void;
}

/** A failure that may be over later; `afterMs` is when the other side wants to be asked again. */
class Temporary extends Error {
  readonly afterMs: number | undefined;

  constructor(message: string, afterMs?: number) {
    super(message);
    this.afterMs = afterMs;
  }
}

/** Passes parcels on to one place, which may be slow or away without anybody else noticing. */
export class Destination {
  queuedBytes = 0;
  private readonly options: Options;
  private readonly queue: Parcel[] = [];
  private readonly abort = new AbortController();
  private readonly sending = new Set<Promise<void>>();
  private timer: NodeJS.Timeout | undefined;
  private failures = 0;

  constructor(options: Options) {
    this.options = options;
  }

  add(parcel: Parcel): void {
    if (
      this.abort.signal.aborted ||
      this.queuedBytes + parcel.body.length > this.options.queueBytes
    ) {
      this.options.onDropped(parcel, this.abort.signal.aborted ? "stopped" : "queue_full");
      return;
    }
    this.queuedBytes += parcel.body.length;
    this.queue.push(parcel);
    this.pump();
  }

  /** Gives up what waits. */
  async stop(): Promise<void> {
    this.abort.abort();
    clearTimeout(this.timer);
    await Promise.all(this.sending);
    for (const parcel of this.queue.splice(0)) this.settle(parcel, "stopped");
  }

  private pump(): void {
    // After a failure one request at a time finds out whether it is over.
    const most = this.failures > 0 ? 1 : CONCURRENCY;
    while (this.timer === undefined && this.sending.size < most) {
      const parcel = this.abort.signal.aborted ? undefined : this.queue.shift();
      if (parcel === undefined) return;
      const job = this.deliver(parcel).finally(() => {
        this.sending.delete(job);
        this.pump();
      });
      this.sending.add(job);
    }
  }

  private async deliver(parcel: Parcel): Promise<void> {
    const { now, maxAgeMs, logger, name } = this.options;
    if (now() - parcel.takenMs > maxAgeMs) return this.settle(parcel, "too_old");
    try {
      for (const letter of await this.options.letters(parcel)) await this.send(letter, parcel);
    } catch (error) {
      if (error instanceof Temporary || this.abort.signal.aborted) return this.retry(parcel, error);
      logger.warn({ destination: name, error: describeError(error) }, "telemetry is not passed on");
      return this.settle(parcel, "refused");
    }
    if (this.failures > 0) logger.info({ destination: name }, "telemetry is passed on again");
    this.failures = 0;
    this.settle(parcel);
  }

  private async send({ url, contentType, body }: Letter, parcel: Parcel): Promise<void> {
    const { client, headers, timeoutMs, followRedirects } = this.options;
    const isLong = body.length >= COMPRESS_FROM_BYTES;
    const answer = await client
      .request(url, {
        method: "POST",
        headers: {
          ...(parcel.tenant !== DEFAULT_TENANT && { "x-scope-orgid": parcel.tenant }),
          ...headers,
          "content-type": contentType,
          [HOPS_HEADER]: String(parcel.hops + 1),
          ...(isLong && { "content-encoding": "gzip" }),
        },
        body: isLong ? await compress(body, { level: 1 }) : body,
        timeoutMs,
        maxBodyBytes: MAX_ANSWER_BYTES,
        truncateBody: true,
        followRedirects,
        signal: this.abort.signal,
      })
      .catch((error: unknown) => {
        const isFinal = (error as { retryable?: boolean }).retryable === false;
        throw isFinal ? error : new Temporary(describeError(error));
      });
    const { status } = answer;
    if (status >= 200 && status < 300) return;
    const said = `it answered ${status}: ${answer.body.toString("utf8").slice(0, 200)}`;
    if (!TEMPORARY.has(status)) throw new Error(said);
    const seconds = Number(answer.headers["retry-after"]);
    throw new Temporary(said, seconds > 0 ? seconds * 1000 : undefined);
  }

  /** Puts a parcel back at the front, and waits before anything is sent again. */
  private retry(parcel: Parcel, error: unknown): void {
    const { onFailed, logger, name, random } = this.options;
    this.queue.unshift(parcel);
    if (this.abort.signal.aborted) return;
    onFailed();
    if (++this.failures === 1)
      logger.warn(
        { destination: name, error: describeError(error) },
        "telemetry waits to be passed on",
      );
    const pauseMs = FIRST_PAUSE_MS * 2 ** Math.min(10, this.failures - 1) * (0.5 + random() / 2);
    const askedMs = error instanceof Temporary ? (error.afterMs ?? 0) : 0;
    clearTimeout(this.timer);
    this.timer = setTimeout(
      () => {
        this.timer = undefined;
        this.pump();
      },
      Math.min(LONGEST_PAUSE_MS, Math.max(pauseMs, askedMs)),
    ).unref();
  }

  private settle(parcel: Parcel, dropped?: DropReason): void {
    this.queuedBytes -= parcel.body.length;
    if (dropped === undefined) this.options.onSent(parcel);
    else this.options.onDropped(parcel, dropped);
  }
}
