import { badRequest, type FleetlightError } from "#lib";

import { MAX_DEPTH, type AnyValue } from "./model.ts";

/** An object of a request in OTLP's JSON, whose fields nobody has checked yet. */
export type Json = Readonly<Record<string, unknown>>;

/** Longest id that is told apart from others; real ones have 32 digits at most. */
const MAX_ID_CHARACTERS = 64;

/** A request that is not what its type says. */
export const wrong = (what: string): FleetlightError => badRequest(`the body is not OTLP: ${what}`);

export function object(value: unknown): Json {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) throw wrong("expected an object");
  return value as Json;
}
export function list(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw wrong("expected a list");
  return value;
}
export function text(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value !== "string") throw wrong("expected a text");
  return value;
}
/** Numbers may be written as texts: 64-bit integers always are, and NaN and infinities. */
export function number(value: unknown): number {
  if (value === undefined || value === null) return 0;
  const read = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof read !== "number" || (Number.isNaN(read) && value !== "NaN"))
    throw wrong("expected a number");
  return read;
}
/** Nanoseconds as text, beyond what a number holds exactly: the last six digits go before it becomes one. */
export function time(value: unknown): number {
  if (typeof value === "string" && /^\d{7,20}$/.test(value)) return Number(value.slice(0, -6));
  return Math.floor(number(value) / 1e6);
}

export function valueOf(json: Json, depth: number): AnyValue {
  if (depth > MAX_DEPTH) throw wrong("an attribute is nested too deeply");
  if ("stringValue" in json) return text(json["stringValue"]);
  if ("boolValue" in json) return json["boolValue"] === true;
  if ("intValue" in json) return number(json["intValue"]);
  if ("doubleValue" in json) return number(json["doubleValue"]);
  if ("bytesValue" in json) return text(json["bytesValue"]);
  if ("arrayValue" in json)
    return list(object(json["arrayValue"])["values"]).map((one) => valueOf(object(one), depth + 1));
  if ("kvlistValue" in json)
    return Object.fromEntries(
      list(object(json["kvlistValue"])["values"]).map((one) => {
        const { key, value } = object(one);
        return [text(key), valueOf(object(value), depth + 1)];
      }),
    );
  return undefined;
}

/** An id as it was sent, in small letters. Whether it is one is for the reader of what has it: a wrong one costs its span, no more. */
export const idOf = (value: unknown): string =>
  text(value).slice(0, MAX_ID_CHARACTERS).toLowerCase();

/** The root of a request. @throws FleetlightError `bad_request` */
export function rootOf(body: Buffer): Json {
  let root: unknown;
  try {
    root = JSON.parse(body.toString("utf8"));
  } catch {
    throw wrong("it is not valid JSON");
  }
  return object(root);
}
