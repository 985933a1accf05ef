import type { ServerResponse } from "node:http";

import { overloaded } from "#lib";

/** Clients that follow one signal at once. */
const MAX_CLIENTS = 200;
/** What waits for one client; of more the oldest goes. */
const MAX_QUEUE = 1000;
/** What has come and was not compared with the filters yet. */
const MAX_BACKLOG = 100_000;
/** Bytes that one client is sent at once, and that may wait in its connection. */
const MAX_SEND_BYTES = 262_144;
const MAX_BUFFERED_BYTES = 1 << 20;
/** How long one turn may keep the event loop. */
const SLICE_MS = 8;

interface Options<Row> {
  /** Name of the event in the stream. */
  event: string;
  view(row: Row): unknown;
  onDropped(count: number): void;
  onRefused(): void;
}

/** One who follows what comes. */
class Follower<Row> {
  readonly tenant: string;
  readonly fits: (row: Row) => boolean;
  readonly response: ServerResponse;
  queue: Row[] = [];
  dropped = 0;
  droppedTotal = 0;

  constructor(tenant: string, fits: (row: Row) => boolean, response: ServerResponse) {
    this.tenant = tenant;
    this.fits = fits;
    this.response = response;
  }

  offer(row: Row): void {
    this.queue.push(row);
    // In halves, because taking the first of a long list one by one is slow.
    if (this.queue.length < MAX_QUEUE * 2) return;
    this.dropped += this.queue.length - MAX_QUEUE;
    this.queue = this.queue.slice(-MAX_QUEUE);
  }
}

interface Batch<Row> {
  tenant: string;
  rows: readonly Row[];
  /** The next one that was not looked at. */
  at: number;
}

export const serverSentEvent = (event: string, data: unknown): string =>
  `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

/**
 * Tells clients what comes, from the stream of what is taken and not from the store. Each has a filter and a queue that is
 * bounded: what comes faster than it reads is dropped, counted, and told.
 */
export class TailRoom<Row> {
  private readonly options: Options<Row>;
  private readonly followers = new Set<Follower<Row>>();
  private backlog: Batch<Row>[] = [];
  private backlogRows = 0;
  private pumping: NodeJS.Immediate | undefined;

  constructor(options: Options<Row>) {
    this.options = options;
  }

  get size(): number {
    return this.followers.size;
  }

  /** @throws FleetlightError `overloaded` when there are too many already. */
  follow(tenant: string, fits: (row: Row) => boolean, response: ServerResponse): void {
    const follower = new Follower(tenant, fits, response);
    this.followers.add(follower);
    response.once("close", () => this.followers.delete(follower));
  }

  /** @throws FleetlightError `overloaded` */
  admit(): void {
    if (this.followers.size < MAX_CLIENTS) return;
    this.options.onRefused();
    throw overloaded(`${MAX_CLIENTS} clients follow already`);
  }

  hear(tenant: string, rows: readonly Row[]): void {
    if (![...this.followers].some((one) => one.tenant === tenant)) return;
    this.backlog.push({ tenant, rows, at: 0 });
    this.backlogRows += rows.length;
    while (this.backlogRows > MAX_BACKLOG && this.backlog.length > 1) this.shed();
    this.pumping ??= setImmediate(() => this.pump());
  }

  /** Sends what waits, as far as connections take it. */
  flush(): void {
    for (const follower of this.followers) this.send(follower);
  }

  say(event: string, data: unknown): void {
    const text = serverSentEvent(event, data);
    for (const { response } of this.followers)
      if (response.writableLength < MAX_BUFFERED_BYTES) response.write(text);
  }

  /** Says goodbye to everybody. */
  stop(): void {
    clearImmediate(this.pumping);
    this.flush();
    this.say("end", {});
    for (const { response } of this.followers) response.end();
    this.followers.clear();
    this.backlog = [];
  }

  /** The oldest batch is too old to be looked at: nobody knows for whom it was. */
  private shed(): void {
    const batch = this.backlog.shift();
    if (batch === undefined) return;
    const lost = batch.rows.length - batch.at;
    this.backlogRows -= lost;
    for (const follower of this.followers)
      if (follower.tenant === batch.tenant) follower.dropped += lost;
  }

  private pump(): void {
    const startMs = performance.now();
    this.pumping = undefined;
    for (let batch = this.backlog[0]; batch !== undefined; batch = this.backlog[0]) {
      const own = [...this.followers].filter(({ tenant }) => tenant === batch.tenant);
      while (batch.at < batch.rows.length) {
        const row = batch.rows[batch.at++] as Row;
        this.backlogRows--;
        for (const follower of own) if (follower.fits(row)) follower.offer(row);
        if (performance.now() - startMs < SLICE_MS) continue;
        this.pumping = setImmediate(() => this.pump());
        return;
      }
      this.backlog.shift();
    }
  }

  private send(follower: Follower<Row>): void {
    const { response, queue } = follower;
    if (response.writableLength > MAX_BUFFERED_BYTES || response.destroyed) return;
    if (follower.dropped > 0) {
      follower.droppedTotal += follower.dropped;
      this.options.onDropped(follower.dropped);
      const count = { count: follower.dropped, total: follower.droppedTotal };
      response.write(serverSentEvent("dropped", count));
      follower.dropped = 0;
    }
    const items: string[] = [];
    let bytes = 0;
    for (const row of queue) {
      if (bytes > MAX_SEND_BYTES) break;
      const item = JSON.stringify(this.options.view(row));
      items.push(item);
      bytes += item.length;
    }
    if (items.length === 0) return;
    follower.queue = queue.slice(items.length);
    response.write(`event: ${this.options.event}\ndata: [${items.join(",")}]\n\n`);
  }
}
