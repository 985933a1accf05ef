import { Turns } from "#lib";

import type { InsertColumn, PackedTexts } from "./types.ts";

/** A column as the engine's addon takes it: formats and buffers of the Arrow C data interface, without nulls. */
export interface ArrowColumn {
  name: string;
  /** `l` 64-bit integers, `g` 64-bit floats, `u` texts in UTF-8. */
  format: "l" | "g" | "u";
  length: number;
  nullCount: 0;
  /** No validity; then values, or where the texts lie and their bytes. */
  buffers: [null, ...Buffer[]];
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);

/** Texts one after the other, written into one buffer. */
export function packTexts(texts: readonly string[]): PackedTexts {
  const offsets = new Int32Array(texts.length + 1);
  let bytes = Buffer.allocUnsafe(Math.max(1024, 32 * texts.length));
  let end = 0;
  for (let index = 0; index < texts.length; index++) {
    const text = texts[index] as string;
    const most = end + 3 * text.length;
    if (most > bytes.length) {
      const larger = Buffer.allocUnsafe(2 * most);
      bytes.copy(larger, 0, 0, end);
      bytes = larger;
    }
    end += text === "" ? 0 : bytes.write(text, end, "utf8");
    offsets[index + 1] = end;
  }
  return { length: texts.length, offsets, bytes: bytes.subarray(0, end) };
}

/**
 * Columns as descriptors whose memory is ours: the package's own encoder makes a buffer of each text, which costs several
 * times what the engine then needs (ADR 008). In turns. https://arrow.apache.org/docs/format/CDataInterface.html
 */
export async function arrowColumns(columns: readonly InsertColumn[]): Promise<ArrowColumn[]> {
  const turns = new Turns();
  const described: ArrowColumn[] = [];
  for (const column of columns) {
    described.push(describeColumn(column));
    if (turns.isLong) await turns.next();
  }
  return described;
}

function describeColumn({ name, type, data }: InsertColumn): ArrowColumn {
  const column = { name, length: data.length, nullCount: 0 as const };
  if (type === "Int64") return { ...column, format: "l", buffers: [null, bytesOf(data)] };
  if (type === "Float64") return { ...column, format: "g", buffers: [null, bytesOf(data)] };
  const { offsets, bytes } = "offsets" in data ? data : packTexts(data);
  return { ...column, format: "u", buffers: [null, bytesOf(offsets), bytes] };
}
