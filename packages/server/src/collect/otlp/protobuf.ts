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
/** Goes into the message that the reader came to. @returns what `leave` takes to come back */
export const enter = (message: ProtobufReader): number => {
  message.expect(WIRE_BYTES);
  return message.enter();
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
  return message.hex(MAX_ID_BYTES);
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
  const outer = message.enter();
  while (message.next()) {
    if (message.field !== 1) message.skip();
    else if (room.values <= 0) message.pos = message.end;
    else list.push(readValue(message, depth + 1, room));
  }
  message.leave(outer);
  return list;
}

function readEntry(message: ProtobufReader, depth: number, room: Room): [string, AnyValue] {
  let key = "";
  let value: AnyValue;
  const outer = enter(message);
  while (message.next()) {
    if (message.field === 1) key = textWithin(message, room);
    else if (message.field === 2) value = readValue(message, depth + 1, room);
    else message.skip();
  }
  message.leave(outer);
  return [key, value];
}

function readMap(message: ProtobufReader, depth: number, room: Room): AnyValue {
  const entries: [string, AnyValue][] = [];
  const outer = message.enter();
  while (message.next()) {
    if (message.field !== 1) message.skip();
    else if (room.values <= 0) message.pos = message.end;
    else entries.push(readEntry(message, depth, room));
  }
  message.leave(outer);
  return Object.fromEntries(entries);
}

function readBytes(message: ProtobufReader, room: Room): string {
  const bytes = message.slice();
  const kept = bytes.subarray(0, Math.min(bytes.length, room.textBytes, room.bytes));
  room.bytes -= kept.length;
  return Buffer.from(kept).toString("base64");
}

const TEXT = 1;
const BOOL = 2;
const INT = 3;
const DOUBLE = 4;
const LIST = 5;
const MAP = 6;
const BYTES = 7;

function readField(message: ProtobufReader, depth: number, room: Room): AnyValue {
  const { field } = message;
  if (field === TEXT) return textWithin(message, room);
  if (field === BOOL) return message.bool();
  if (field === INT) return message.int64();
  if (field === DOUBLE) return message.double();
  message.expect(WIRE_BYTES);
  if (field === LIST) return readList(message, depth, room);
  return field === MAP ? readMap(message, depth, room) : readBytes(message, room);
}

/** Reads the field that the reader came to as an opentelemetry.proto.common.v1.AnyValue. */
export function readValue(
  message: ProtobufReader,
  depth: number,
  room: Room = roomOfValue(),
): AnyValue {
  if (depth > MAX_DEPTH) throw new ProtobufError("an attribute is nested too deeply");
  room.values--;
  let value: AnyValue;
  const outer = enter(message);
  while (message.next()) {
    if (message.field <= BYTES) value = readField(message, depth, room);
    else message.skip();
  }
  message.leave(outer);
  return value;
}
