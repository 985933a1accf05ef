import { formatFloat } from "@fleetlight/promql";

/** Bytes that are handed on at once. */
export const CHUNK_BYTES = 64 * 1024;
/** Taken from the runtime's pool of small buffers. */
const FIRST_BYTES = 3072;
/** Room that a number, a time or a bracket may take without asking for more. */
const MARGIN = 64;

/** Digits after the point that are written without asking for the shortest form. */
const SCALE = 10_000;
const MOST_SCALED = 1e15;

const QUOTE = 34;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;

/**
 * Text on its way to a client, gathered in one buffer that is used again and again: whoever takes `full` must be done
 * with its bytes before more is written.
 */
export class JsonBytes {
  /** Small at first: most answers are, and large buffers cost more than they. */
  private buffer = Buffer.allocUnsafe(FIRST_BYTES);
  private length = 0;
  private readonly digits = new Uint8Array(20);

  /** Whether it is time to hand the bytes on. */
  get isFull(): boolean {
    return this.length >= CHUNK_BYTES;
  }

  /** False when one long text has made it much larger than what is handed on at once. */
  get isWorthKeeping(): boolean {
    return this.buffer.length <= 4 * CHUNK_BYTES;
  }

  /** What was gathered; the next write overwrites it. */
  take(): Buffer {
    const bytes = this.buffer.subarray(0, this.length);
    this.length = 0;
    return bytes;
  }

  private reserve(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return;
    const bigger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.length + bytes));
    this.buffer.copy(bigger, 0, 0, this.length);
    this.buffer = bigger;
  }

  /** Text that is JSON already. */
  raw(text: string): void {
    this.reserve(text.length * 3);
    this.length += this.buffer.write(text, this.length);
  }

  /** One ASCII character. */
  char(code: number): void {
    if (this.length >= this.buffer.length) this.reserve(MARGIN);
    this.buffer[this.length++] = code;
  }

  /** A time in Unix milliseconds as seconds with at most three digits after the point. */
  seconds(timeMs: number): void {
    this.reserve(MARGIN);
    const whole = Math.trunc(timeMs / 1000);
    const rest = Math.round(Math.abs(timeMs - whole * 1000));
    if (timeMs < 0 && whole === 0) this.buffer[this.length++] = MINUS;
    this.integer(whole);
    if (rest === 0) return;
    this.buffer[this.length++] = POINT;
    this.buffer[this.length++] = ZERO + Math.trunc(rest / 100);
    this.buffer[this.length++] = ZERO + (Math.trunc(rest / 10) % 10);
    this.buffer[this.length++] = ZERO + (rest % 10);
  }

  /** A sample's value: a string, because JSON has neither infinity nor NaN. */
  value(value: number): void {
    this.reserve(MARGIN);
    this.buffer[this.length++] = QUOTE;
    if (Number.isSafeInteger(value) && (value !== 0 || Object.is(value, 0))) this.integer(value);
    else if (!this.decimal(value)) this.ascii(formatFloat(value));
    this.buffer[this.length++] = QUOTE;
  }

  /**
   * Writes a number of at most four digits after the point, which most measurements are; false when it has more. A
   * quotient of whole numbers is rounded correctly, so that equality says that these digits read back as the number,
   * and no shorter ones do.
   */
  private decimal(value: number): boolean {
    const scaled = Math.round(Math.abs(value) * SCALE);
    if (!(scaled >= 1 && scaled < MOST_SCALED) || scaled / SCALE !== Math.abs(value)) return false;
    if (value < 0) this.buffer[this.length++] = MINUS;
    const whole = Math.floor(scaled / SCALE);
    this.integer(whole);
    let rest = scaled - whole * SCALE;
    this.buffer[this.length++] = POINT;
    for (let unit = SCALE / 10; rest > 0; unit /= 10) {
      const digit = Math.floor(rest / unit);
      this.buffer[this.length++] = ZERO + digit;
      rest -= digit * unit;
    }
    return true;
  }

  private ascii(text: string): void {
    for (let i = 0; i < text.length; i++) this.buffer[this.length++] = text.charCodeAt(i);
  }

  private integer(value: number): void {
    let rest = value;
    if (rest < 0) {
      this.buffer[this.length++] = MINUS;
      rest = -rest;
    }
    let count = 0;
    // Division of doubles is slow; below 2^31 whole numbers do.
    while (rest > 0x7fff_ffff) {
      const next = Math.floor(rest / 10);
      this.digits[count++] = rest - next * 10;
      rest = next;
    }
    let small = rest | 0;
    do {
      const next = (small / 10) | 0;
      this.digits[count++] = small - next * 10;
      small = next;
    } while (small > 0);
    while (count > 0) this.buffer[this.length++] = ZERO + (this.digits[--count] ?? 0);
  }
}
