/** Fields of ExportTraceServiceResponse and its ExportTracePartialSuccess. */
const PARTIAL_SUCCESS = 1;
const REJECTED_SPANS = 1;

const OPEN_BRACE = 0x7b;

/** Bytes of a fixed-size field by its wire type. */
const FIXED: Record<number, number> = { 1: 8, 5: 4 };

type Field = { number: number; value: number; end: number };

/** A varint, as far as it is a number; -1 for `end` where it breaks off. */
function varint(bytes: Uint8Array, at: number): { value: number; end: number } {
  let value = 0;
  let scale = 1;
  for (let index = at; index < Math.min(bytes.length, at + 10); index++) {
    const byte = bytes[index] as number;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value, end: index + 1 };
    scale *= 128;
  }
  return { value: 0, end: -1 };
}

/** The field at `at`; null where the message ends or breaks off. The value of bytes is their length; they stand before `end`. */
function fieldAt(bytes: Uint8Array, at: number): Field | null {
  const tag = varint(bytes, at);
  if (at >= bytes.length || tag.end < 0) return null;
  const number = Math.floor(tag.value / 8);
  const wire = tag.value % 8;
  const fixed = FIXED[wire];
  if (fixed !== undefined) return { number, value: 0, end: tag.end + fixed };
  if (wire !== 0 && wire !== 2) return null;
  const { value, end } = varint(bytes, tag.end);
  return end < 0 ? null : { number, value, end: wire === 0 ? end : end + value };
}

function rejectedIn(partial: Uint8Array): number {
  for (let at = 0; ;) {
    const field = fieldAt(partial, at);
    if (field === null) return 0;
    if (field.number === REJECTED_SPANS) return field.value;
    at = field.end;
  }
}

/** Of a partial success: how many spans were not taken. Servers that know JSON only answer in JSON. */
export function rejectedOf(answer: Uint8Array): number {
  if (answer[0] === OPEN_BRACE) return rejectedInJson(answer);
  for (let at = 0; ;) {
    const field = fieldAt(answer, at);
    if (field === null) return 0;
    if (field.number === PARTIAL_SUCCESS) {
      return rejectedIn(answer.subarray(field.end - field.value, field.end));
    }
    at = field.end;
  }
}

function rejectedInJson(answer: Uint8Array): number {
  try {
    const read = JSON.parse(new TextDecoder().decode(answer)) as {
      partialSuccess?: { rejectedSpans?: unknown };
    } | null;
    const rejected = Number(read?.partialSuccess?.rejectedSpans ?? 0);
    return Number.isFinite(rejected) && rejected > 0 ? rejected : 0;
  } catch {
    return 0;
  }
}
