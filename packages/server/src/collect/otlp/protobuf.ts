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
/** Bytes as hexadecimal digits: ids of traces and spans. */
export const hex = (message: ProtobufReader): string => {
  message.expect(WIRE_BYTES);
  return Buffer.from(message.slice()).toString("hex");
};

/** Reads opentelemetry.proto.common.v1.AnyValue. */
export function readValue(message: ProtobufReader, depth: number): AnyValue {
  if (depth > MAX_DEPTH) throw new ProtobufError("an attribute is nested too deeply");
  let value: AnyValue;
  readFields(message, {
    1: (field) => (value = text(field)),
    2: (field) => (value = field.bool()),
    3: (field) => (value = field.int64()),
    4: (field) => (value = field.double()),
    5: (field) => {
      const list: AnyValue[] = [];
      readFields(inner(field), { 1: (one) => list.push(readValue(inner(one), depth + 1)) });
      value = list;
    },
    6: (field) => {
      const entries: [string, AnyValue][] = [];
      readFields(inner(field), {
        1: (one) => {
          let key = "";
          let own: AnyValue;
          readFields(inner(one), {
            1: (part) => (key = text(part)),
            2: (part) => (own = readValue(inner(part), depth + 1)),
          });
          entries.push([key, own]);
        },
      });
      value = Object.fromEntries(entries);
    },
    7: (field) => {
      field.expect(WIRE_BYTES);
      value = Buffer.from(field.slice()).toString("base64");
    },
  });
  return value;
}
