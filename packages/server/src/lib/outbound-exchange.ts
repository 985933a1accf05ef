import type { Dispatcher } from "undici";

import { outboundError } from "./outbound-errors.ts";

/** One answer as it came, body still encoded. */
export interface RawAnswer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

interface ExchangeOptions {
  host: string;
  maxBodyBytes: number;
  truncateBody: boolean;
}

type Controller = Dispatcher.DispatchController;
type ResponseHeaders = Parameters<NonNullable<Dispatcher.DispatchHandler["onResponseStart"]>>[2];

const NO_BODY = Buffer.alloc(0);

/** One request and its answer on one connection: collects the body up to the limit and settles once. */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly answer: Promise<RawAnswer>;
  /** True once the status line came: from then on the request may have had an effect. */
  started = false;
  private readonly options: ExchangeOptions;
  private controller: Controller | undefined;
  private stopped: Error | undefined;
  private resolve!: (answer: RawAnswer) => void;
  private reject!: (error: unknown) => void;
  private status = 0;
  private headers: Record<string, string> = {};
  private chunks: Buffer[] = [];
  private length = 0;

  constructor(options: ExchangeOptions) {
    this.options = options;
    this.answer = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /** Ends the exchange, even one that still waits for a connection. */
  stop(error: Error): void {
    if (this.stopped) return;
    this.stopped = error;
    this.reject(error);
    this.controller?.abort(error);
  }

  onRequestStart(controller: Controller): void {
    this.controller = controller;
    if (this.stopped) controller.abort(this.stopped);
  }

  onResponseStart(_controller: Controller, status: number, headers: ResponseHeaders): void {
    if (status < 200) return;
    this.started = true;
    this.status = status;
    for (const name in headers) {
      const value = headers[name];
      if (value !== undefined) {
        this.headers[name] = Array.isArray(value) ? value.join(", ") : value;
      }
    }
    const announced = Number(this.headers["content-length"]);
    if (!this.options.truncateBody && announced > this.options.maxBodyBytes) this.tooLarge();
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    if (this.stopped) return;
    const { maxBodyBytes, truncateBody } = this.options;
    const room = maxBodyBytes - this.length;
    this.chunks.push(chunk.length > room ? chunk.subarray(0, room) : chunk);
    this.length += Math.min(chunk.length, room);
    if (chunk.length <= room) return;
    if (!truncateBody) this.tooLarge();
    else {
      this.finish();
      this.stop(new Error("the rest of the body is not wanted"));
    }
  }

  onResponseEnd(): void {
    this.finish();
  }

  onResponseError(_controller: Controller, error: Error): void {
    this.reject(error);
  }

  private finish(): void {
    const [first = NO_BODY] = this.chunks;
    const body = this.chunks.length > 1 ? Buffer.concat(this.chunks, this.length) : first;
    this.resolve({ status: this.status, headers: this.headers, body });
  }

  private tooLarge(): void {
    const { host, maxBodyBytes } = this.options;
    this.stop(
      outboundError(
        "outbound_too_large",
        `the answer of ${host} is larger than ${maxBodyBytes} bytes`,
      ),
    );
  }
}
