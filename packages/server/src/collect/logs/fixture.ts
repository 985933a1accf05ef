import { integer, message, text, varint } from "../remote-write/fixture.ts";

const fixed = (field: number, value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return Buffer.concat([varint(field * 8 + 1), bytes]);
};

export interface SentRecord {
  timeMs?: number;
  body?: string;
  event?: string;
  traceId?: string;
  spanId?: string;
  attributes?: Readonly<Record<string, string>>;
  /** Bytes of further fields, right or wrong. */
  more?: Buffer;
}

const stringAttribute = (key: string, value: string): Buffer =>
  Buffer.concat([text(1, key), message(2, text(1, value))]);

const recordOf = (sent: SentRecord): Buffer =>
  Buffer.concat([
    fixed(1, BigInt(sent.timeMs ?? Date.now()) * 1_000_000n),
    integer(2, 9),
    message(5, text(1, sent.body ?? "it works")),
    ...Object.entries(sent.attributes ?? {}).map(([key, value]) =>
      message(6, stringAttribute(key, value)),
    ),
    message(9, Buffer.from(sent.traceId ?? "", "hex")),
    message(10, Buffer.from(sent.spanId ?? "", "hex")),
    text(12, sent.event ?? ""),
    sent.more ?? Buffer.alloc(0),
  ]);

/** An ExportLogsServiceRequest in protobuf, for tests. */
export const exportOfLogs = (records: readonly SentRecord[], service = "desk"): Buffer =>
  message(
    1,
    message(1, message(1, stringAttribute("service.name", service))),
    message(2, message(1, text(1, "app")), ...records.map((one) => message(2, recordOf(one)))),
  );
