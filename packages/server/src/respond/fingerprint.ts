import { labelNames } from "#lib";

/** Between names and values; no UTF-8 text has this byte. */
const SEPARATOR = 255;

/** FNV-1a's start value in halves of 32 bits, and the low part of its prime, 2^40 + 0x1b3. */
const OFFSET_HIGH = 0xcb_f2_9c_e4;
const OFFSET_LOW = 0x84_22_23_25;
const PRIME_LOW = 0x1_b3;

const buffer = Buffer.allocUnsafe(64 * 1024);

/** The bytes of a text; a view of a buffer that the next call uses again. */
const bytesOf = (text: string): Uint8Array =>
  text.length * 3 <= buffer.length
    ? buffer.subarray(0, buffer.write(text, 0, "utf8"))
    : Buffer.from(text, "utf8");

/**
 * Names a label set as Prometheus and Alertmanager do: FNV-1a, 64 bits, over its names in order and their values.
 * Labels without a value are no labels.
 */
export function fingerprintOf(labels: Readonly<Record<string, string>>): string {
  let high = OFFSET_HIGH;
  let low = OFFSET_LOW;
  // Only operations on 32-bit integers: this runs for every byte of every alert.
  const add = (byte: number): void => {
    const mixed = low ^ byte;
    const first = (mixed & 0xff_ff) * PRIME_LOW;
    const second = (mixed >>> 16) * PRIME_LOW + (first >>> 16);
    high = (Math.imul(high, PRIME_LOW) + (mixed << 8) + (second >>> 16)) | 0;
    low = (second << 16) | (first & 0xff_ff);
  };
  const addText = (text: string): void => {
    const bytes = bytesOf(text);
    for (let at = 0; at < bytes.length; at++) add(bytes[at] ?? 0);
    add(SEPARATOR);
  };
  for (const name of labelNames(labels)) {
    addText(name);
    addText(labels[name] ?? "");
  }
  const hex = (half: number): string => (half >>> 0).toString(16).padStart(8, "0");
  return hex(high) + hex(low);
}
