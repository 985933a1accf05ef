import { ProtobufError, WIRE_BYTES, type ProtobufReader } from "#lib";

import { MAX_DEPTH, type AnyValue } from "./model.ts";

export type Field = (message: ProtobufReader) => void;

/** Reads each field by its number; those that are not named are left out. */
export function readFields(message: ProtobufReader, fields: Readonly<Record<number, Field>>): void {
  while (message.next()) {
    const read = fields[message.field];
    if (read === undefined) message.skip();
    else read(message);
  }
}

export const inner = (message: ProtobufReader): ProtobufReader => {
  message.expect(WIRE_BYTES);
  return message.message();
};
export const text = (message: ProtobufReader): string => {
  message.expect(WIRE_BYTES);
  return message.string();
};
/** Longer ids are wrong, and need not be read to their end. */
const MAX_ID_BYTES = 64;

/** Bytes as hexadecimal digits: ids of traces and spans. */
export const hex = (message: ProtobufReader): string => {
  message.expect(WIRE_BYTES);
  return Buffer.from(message.slice().subarray(0, MAX_ID_BYTES)).toString("hex");
};

/** How much of values is still read; what they have beyond is left out. It is used up by reading. */
export interface Room {
  values: number;
  /** Of texts, in all. */
  bytes: number;
  /** Of one text. */
  textBytes: number;
}

/** For one attribute of what has no room of its own. */
const roomOfValue = (): Room => ({ values: 65_536, bytes: Infinity, textBytes: Infinity });

function textWithin(message: ProtobufReader, room: Room): string {
  message.expect(WIRE_BYTES);
  const start = message.pos;
  const value = message.stringWithin(Math.min(room.textBytes, room.bytes));
  room.bytes -= Math.min(message.pos - start, room.textBytes);
  return value;
}

function readList(message: ProtobufReader, depth: number, room: Room): AnyValue[] {
  const list: AnyValue[] = [];
  readFields(message, {
    1: (one) => {
      if (room.values <= 0) one.pos = one.end;
      else list.push(readValue(inner(one), depth + 1, room));
    },
  });
  return list;
}

function readMap(message: ProtobufReader, depth: number, room: Room): AnyValue {
  const entries: [string, AnyValue][] = [];
  readFields(message, {
    1: (one) => {
      if (room.values <= 0) {
        one.pos = one.end;
        return;
      }
      let key = "";
      let own: AnyValue;
      readFields(inner(one), {
        1: (part) => (key = textWithin(part, room)),
        2: (part) => (own = readValue(inner(part), depth + 1, room)),
      });
      entries.push([key, own]);
    },
  });
  return Object.fromEntries(entries);
}

/** Reads opentelemetry.proto.common.v1.AnyValue. */
export function readValue(
  message: ProtobufReader,
  depth: number,
  room: Room = roomOfValue(),
): AnyValue {
  if (depth > MAX_DEPTH) throw new ProtobufError("an attribute is nested too deeply");
  room.values--;
  let value: AnyValue;
  readFields(message, {
    1: (field) => (value = textWithin(field, room)),
    2: (field) => (value = field.bool()),
    3: (field) => (value = field.int64()),
    4: (field) => (value = field.double()),
    5: (field) => (value = readList(inner(field), depth, room)),
    6: (field) => (value = readMap(inner(field), depth, room)),
    7: (field) => {
      field.expect(WIRE_BYTES);
      const bytes = field.slice();
      const kept = bytes.subarray(0, Math.min(bytes.length, room.textBytes, room.bytes));
      room.bytes -= kept.length;
      value = Buffer.from(kept).toString("base64");
    },
  });
  return value;
}
