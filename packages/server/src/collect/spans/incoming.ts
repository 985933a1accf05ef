import type { Room } from "../otlp/protobuf.ts";
import type { Attributes, Span } from "./model.ts";

/** Attributes that one span, event, link or resource has when it is understood; fewer are kept. */
export const MAX_ATTRIBUTES_READ = 1024;
/** Values of attributes of one span that are read, those in lists and maps included. */
const MAX_VALUES = 16_384;
/** Fields of one span, everything in it included; with more it is no span that anybody made. */
export const MAX_FIELDS = 131_072;
/** Bytes of all texts of one span that are read, besides one text as long as any may be. */
const MAX_TEXT_BYTES = 2 << 20;

/** A span as a request brings it. */
export interface Incoming {
  resource: Attributes;
  scope: string;
  /** Undefined when one of its texts is not valid UTF-8. */
  span: Span | undefined;
  /** Attributes that were left out because there were too many. */
  lost: number;
}

/** Room for one span, so that the largest one is read within a few milliseconds. */
export const roomOf = (textBytes: number): Room => ({
  values: MAX_VALUES,
  bytes: MAX_TEXT_BYTES + textBytes,
  textBytes,
});
