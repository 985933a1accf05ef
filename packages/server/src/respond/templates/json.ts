import {
  failFunction,
  GoDuration,
  GoMap,
  GoSlice,
  GoStruct,
  GoTime,
  stringOf,
  type Value,
} from "#lib";

const MAX_DEPTH = 50;

/** Go escapes what could end a script in HTML. */
const quote = (text: string): string =>
  JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** `StartsAt` of an alert is `startsAt`; a pair keeps its capitals, as upstream. */
const keyOf = (struct: GoStruct, name: string): string =>
  struct.typeName === "template.Pair" ? name : (name[0] ?? "").toLowerCase() + name.slice(1);

function numberText(value: number): string {
  if (!Number.isFinite(value)) return failFunction(`json: unsupported value: ${value}`);
  return JSON.stringify(value);
}

/** A value as Go's encoding/json writes it. @throws FunctionError */
export function toJson(value: Value, depth = 0): string {
  if (depth > MAX_DEPTH) return failFunction(`json: deeper than ${MAX_DEPTH}`);
  const text = stringOf(value);
  if (text !== undefined) return quote(text);
  if (value === undefined) return "null";
  if (typeof value === "number") return numberText(value);
  if (typeof value === "bigint" || typeof value === "boolean") return String(value);
  if (value instanceof GoTime) return quote(value.format("2006-01-02T15:04:05.999999999Z07:00"));
  if (value instanceof GoDuration) return String(value.nanos);
  const inner = (one: Value) => toJson(one, depth + 1);
  if (value instanceof GoSlice) return `[${value.items.map(inner).join(",")}]`;
  if (value instanceof GoMap) {
    const parts = value.sortedKeys().map((key) => `${quote(key)}:${inner(value.get(key))}`);
    return `{${parts.join(",")}}`;
  }
  if (value instanceof GoStruct) {
    const parts = [...value.fields].map(
      ([name, one]) => `${quote(keyOf(value, name))}:${inner(one)}`,
    );
    return `{${parts.join(",")}}`;
  }
  return quote(typeof value === "object" ? (value.text() ?? "") : "");
}
