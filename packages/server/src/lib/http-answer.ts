import { freeBytes } from "./free-bytes.ts";

/** Bytes of a status line and its headers, or of the trailers, at most. */
const MAX_HEAD_BYTES = 16 * 1024;
/** Bytes of the line that says how long a chunk is, at most. */
const MAX_CHUNK_LINE_BYTES = 1024;
/** Room that is made for a body before any of it has come. */
const FIRST_ROOM_BYTES = 256 * 1024;

const NEWLINE = 10;
const RETURN = 13;
const STATUS = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: |$)/;
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const CHUNK_SIZE = /^([0-9a-fA-F]{1,12})[ \t]*(?:;|$)/;
const NO_BODY = Buffer.alloc(0);

type Reason = "invalid" | "head too large" | "body too large";

/** Why an answer is not read any further. */
export class HttpAnswerError extends Error {
  readonly reason: Reason;
  readonly code: string;

  constructor(reason: Reason, message: string = reason) {
    super(message);
    this.name = "HttpAnswerError";
    this.reason = reason;
    this.code = `ANSWER_${reason.toUpperCase().replaceAll(" ", "_")}`;
  }
}

const invalid = (message: string): HttpAnswerError => new HttpAnswerError("invalid", message);

/** Where the line that starts at `from` ends, -1 when its end is not there yet. */
const lineEnd = (bytes: Buffer, from: number, end: number): number => {
  const at = bytes.indexOf(NEWLINE, from);
  return at < end ? at : -1;
};

/**
 * Reads the answer to one GET as it comes, HTTP/1.0 and 1.1: its head as text, the body into memory of its own, so that what
 * it is given can be used again. As Go's client it takes lines that end without a carriage return.
 */
export class HttpAnswer {
  status = 0;
  /** Names in lower case; several values are joined by a comma. */
  headers: Record<string, string> = {};
  /** True once a byte of an answer came. */
  started = false;
  /** Whether the connection may carry another request; known when the answer is complete. */
  keepsOpen = false;
  private readonly maxBodyBytes: number;
  private next: (bytes: Buffer, from: number, end: number) => number = this.readHead;
  private done = false;
  private untilClose = false;
  /** A part of a line or of the head that waits for the rest. */
  private partial = NO_BODY;
  private room = NO_BODY;
  private length = 0;
  /** Bytes of the body or the chunk that are still to come. */
  private left = 0;

  constructor(maxBodyBytes: number) {
    this.maxBodyBytes = maxBodyBytes;
  }

  /** Valid when the answer is complete. The memory is the caller's. */
  get body(): Buffer {
    return this.room.subarray(0, this.length);
  }

  /**
   * Takes the next `length` bytes of the connection.
   * @returns true when the answer is complete
   * @throws HttpAnswerError
   */
  read(bytes: Buffer, length: number): boolean {
    this.started = true;
    let at = 0;
    while (at < length && !this.done) at = this.next(bytes, at, length);
    // Nobody asked for more: what follows cannot be the answer to the next question.
    if (at < length) this.keepsOpen = false;
    return this.done;
  }

  /** The connection ended in an orderly way. @returns true when that completes the answer */
  end(): boolean {
    if (this.untilClose) this.done = true;
    return this.done;
  }

  /** The text from `from` up to the empty line, once that is there. */
  private headText(
    bytes: Buffer,
    from: number,
    end: number,
  ): { text: string; after: number } | undefined {
    const former = this.partial.length;
    const all = former === 0 ? bytes : Buffer.concat([this.partial, bytes.subarray(from, end)]);
    const [first, last] = former === 0 ? [from, end] : [0, all.length];
    for (let at = first; ;) {
      const newline = lineEnd(all, at, last);
      if (newline < 0) break;
      if (newline === at || (newline === at + 1 && all[at] === RETURN)) {
        if (at - first > MAX_HEAD_BYTES) throw new HttpAnswerError("head too large");
        this.partial = NO_BODY;
        const after = newline + 1;
        return {
          text: all.toString("latin1", first, at),
          after: former === 0 ? after : from + after - former,
        };
      }
      at = newline + 1;
    }
    if (last - first > MAX_HEAD_BYTES) throw new HttpAnswerError("head too large");
    this.partial = Buffer.from(all.subarray(first, last));
    return undefined;
  }

  private readHead(bytes: Buffer, from: number, end: number): number {
    const head = this.headText(bytes, from, end);
    if (head === undefined) return end;
    const [first = "", ...lines] = head.text.split(/\r?\n/);
    const status = STATUS.exec(first);
    if (status === null) throw invalid("the status line is not HTTP/1.x");
    this.status = Number(status[2]);
    this.headers = {};
    for (const line of lines) if (line !== "") this.addHeader(line);
    // The real answer comes after it.
    if (this.status < 200 && this.status !== 101) return head.after;
    if (this.status < 200) throw invalid("nobody asked for another protocol");
    const tokens = (this.headers["connection"] ?? "").toLowerCase().split(/[ \t]*,[ \t]*/);
    this.keepsOpen = status[1] === "1" ? !tokens.includes("close") : tokens.includes("keep-alive");
    this.chooseBody();
    return head.after;
  }

  private addHeader(line: string): void {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, "");
    if (colon < 1 || !NAME.test(name) || !VALUE.test(value)) throw invalid("a header is not HTTP");
    const key = name.toLowerCase();
    const former = this.headers[key];
    this.headers[key] = former === undefined ? value : `${former}, ${value}`;
  }

  private chooseBody(): void {
    const { "transfer-encoding": coding, "content-length": announced } = this.headers;
    if (this.status === 204 || this.status === 304) this.done = true;
    else if (coding !== undefined) {
      if (coding.toLowerCase() !== "chunked") throw invalid("the transfer encoding is not chunked");
      // Two lengths at once are how requests are smuggled past proxies.
      if (announced !== undefined) this.keepsOpen = false;
      this.next = this.readChunkSize;
    } else if (announced !== undefined) this.expect(announced);
    else {
      this.untilClose = true;
      this.keepsOpen = false;
      this.next = this.readOpen;
    }
  }

  private expect(announced: string): void {
    const [length = "", ...others] = announced.split(/[ \t]*,[ \t]*/);
    if (!/^\d{1,15}$/.test(length) || others.some((other) => other !== length))
      throw invalid("the content length is no number");
    this.left = Number(length);
    if (this.left > this.maxBodyBytes) throw new HttpAnswerError("body too large");
    this.done = this.left === 0;
    this.next = this.readCounted;
    if (!this.done) this.reserve(Math.min(this.left, FIRST_ROOM_BYTES));
  }

  private readCounted(bytes: Buffer, from: number, end: number): number {
    const to = this.take(bytes, from, end);
    this.done = this.left === 0;
    return to;
  }

  private readOpen(bytes: Buffer, from: number, end: number): number {
    this.left = end - from;
    return this.take(bytes, from, end);
  }

  /** A whole line, or undefined and its beginning is kept. */
  private line(
    bytes: Buffer,
    from: number,
    end: number,
  ): { text: string; after: number } | undefined {
    const newline = lineEnd(bytes, from, end);
    const part = bytes.subarray(from, newline < 0 ? end : newline);
    const whole = this.partial.length === 0 ? part : Buffer.concat([this.partial, part]);
    if (whole.length > MAX_CHUNK_LINE_BYTES) throw invalid("a line between chunks is too long");
    this.partial = newline < 0 ? Buffer.from(whole) : NO_BODY;
    if (newline < 0) return undefined;
    return { text: whole.toString("latin1").replace(/\r$/, ""), after: newline + 1 };
  }

  private readChunkSize(bytes: Buffer, from: number, end: number): number {
    const line = this.line(bytes, from, end);
    if (line === undefined) return end;
    const size = CHUNK_SIZE.exec(line.text)?.[1];
    if (size === undefined) throw invalid("the length of a chunk is no number");
    this.left = Number.parseInt(size, 16);
    if (this.length + this.left > this.maxBodyBytes) throw new HttpAnswerError("body too large");
    this.next = this.left === 0 ? this.readTrailers : this.readChunk;
    return line.after;
  }

  private readChunk(bytes: Buffer, from: number, end: number): number {
    const to = this.take(bytes, from, end);
    if (this.left === 0) this.next = this.readChunkEnd;
    return to;
  }

  private readChunkEnd(bytes: Buffer, from: number, end: number): number {
    const line = this.line(bytes, from, end);
    if (line === undefined) return end;
    if (line.text !== "") throw invalid("a chunk is longer than it said");
    this.next = this.readChunkSize;
    return line.after;
  }

  /** Nobody wants to know what they say. */
  private readTrailers(bytes: Buffer, from: number, end: number): number {
    const line = this.line(bytes, from, end);
    if (line === undefined) return end;
    this.done = line.text === "";
    this.trailers += line.text.length;
    if (this.trailers > MAX_HEAD_BYTES) throw new HttpAnswerError("head too large");
    return line.after;
  }

  private trailers = 0;

  /** Copies what belongs to the body. @returns where that ends */
  private take(bytes: Buffer, from: number, end: number): number {
    const to = Math.min(end, from + this.left);
    if (this.length + to - from > this.maxBodyBytes) throw new HttpAnswerError("body too large");
    if (this.length + to - from > this.room.length)
      this.reserve(Math.max(this.length + to - from, this.room.length * 2, 16_384));
    bytes.copy(this.room, this.length, from, to);
    this.length += to - from;
    this.left -= to - from;
    return to;
  }

  private reserve(bytes: number): void {
    // Memory of its own, also when it is small: the caller may give it back.
    const bigger = Buffer.allocUnsafeSlow(bytes);
    this.room.copy(bigger, 0, 0, this.length);
    freeBytes(this.room);
    this.room = bigger;
  }
}
