import { BACKSLASH } from "./bytes.ts";

const bufferOf = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

const ESCAPES: Readonly<Record<string, string>> = { "\\n": "\n", '\\"': '"', "\\\\": "\\" };

/** Text of a label, a name or an OpenMetrics help: `\n`, `\"` and `\\` are escapes, others stay as they are. */
export function unescapeText(bytes: Uint8Array, start: number, end: number): string {
  const text = bufferOf(bytes).toString("utf8", start, end);
  if (bytes.subarray(start, end).indexOf(BACKSLASH) < 0) return text;
  return text.replace(/\\[n"\\]/g, (escape) => ESCAPES[escape] ?? escape);
}

/** Help of the text format, where a quote is not escaped. */
export function unescapeHelp(bytes: Uint8Array, start: number, end: number): string {
  const text = bufferOf(bytes).toString("utf8", start, end);
  if (!text.includes("\\")) return text;
  return text.replace(/\\[n\\]/g, (escape) => ESCAPES[escape] ?? escape);
}
