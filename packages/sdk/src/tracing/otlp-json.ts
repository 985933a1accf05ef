import type { Attributes, AttributeValue, RecordedSpan } from "./span.ts";
import { MAX_TEXT_CHARACTERS } from "./span.ts";

const quoted = (text: string): string => JSON.stringify(String(text));

/** Names of attributes and spans come again and again; more of them than this are written out each time. */
const MAX_KNOWN_NAMES = 2000;
const MAX_KNOWN_CHARACTERS = 128;
const knownNames = new Map<string, string>();

function quotedName(name: string): string {
  const known = knownNames.get(name);
  if (known !== undefined) return known;
  const json = quoted(name);
  if (knownNames.size < MAX_KNOWN_NAMES && json.length <= MAX_KNOWN_CHARACTERS) {
    knownNames.set(name, json);
  }
  return json;
}

function valueOf(value: AttributeValue | null | undefined): string {
  switch (typeof value) {
    case "string":
      return `{"stringValue":${quoted(value.length > MAX_TEXT_CHARACTERS ? value.slice(0, MAX_TEXT_CHARACTERS) : value)}}`;
    case "boolean":
      return value ? '{"boolValue":true}' : '{"boolValue":false}';
    case "number":
      if (Number.isSafeInteger(value)) return `{"intValue":"${value}"}`;
      return Number.isFinite(value)
        ? `{"doubleValue":${value}}`
        : `{"stringValue":"${String(value)}"}`;
    case "object":
      if (Array.isArray(value)) {
        return `{"arrayValue":{"values":[${value.map((one: AttributeValue) => valueOf(one)).join(",")}]}}`;
      }
      return "{}";
    default:
      return "{}";
  }
}

/** Attributes in OTLP's JSON. What is no attribute value is left out. */
export function attributesJson(attributes: Attributes): string {
  let text = "";
  for (const key in attributes) {
    const value = attributes[key];
    if (value === undefined || value === null) continue;
    text += `${text === "" ? "" : ","}{"key":${quotedName(key)},"value":${valueOf(value)}}`;
  }
  return text;
}

/** Nanoseconds as a text: a number would lose the last ones. */
export function nanoseconds(ms: number): string {
  const whole = Math.floor(ms);
  // The leading one keeps the zeros behind it, and goes.
  const rest = 1_000_000 + Math.floor((ms - whole) * 1e6);
  return `${whole}${String(rest).slice(1)}`;
}

/** One span in OTLP's JSON. A span that goes on has the end 0. */
export function spanJson(span: RecordedSpan): string {
  let text = `{"traceId":"${span.traceId}","spanId":"${span.spanId}"`;
  if (span.parentSpanId !== "") text += `,"parentSpanId":"${span.parentSpanId}"`;
  if (span.traceState !== "") text += `,"traceState":${quoted(span.traceState)}`;
  text += `,"name":${quotedName(span.name)},"kind":${span.kind + 1}`;
  text += `,"startTimeUnixNano":"${nanoseconds(span.startMs)}"`;
  text += `,"endTimeUnixNano":"${span.endMs === 0 ? "0" : nanoseconds(span.endMs)}"`;
  text += `,"attributes":[${attributesJson(span.attributes)}]`;
  if (span.events.length > 0) {
    const events = span.events.map(
      ({ name, timeMs, attributes }) =>
        `{"timeUnixNano":"${nanoseconds(timeMs)}","name":${quoted(name)},"attributes":[${attributesJson(attributes)}]}`,
    );
    text += `,"events":[${events.join(",")}]`;
  }
  if (span.links.length > 0) {
    const links = span.links.map(
      ({ context, attributes }) =>
        `{"traceId":${quoted(context.traceId)},"spanId":${quoted(context.spanId)},"attributes":[${attributesJson(attributes ?? {})}]}`,
    );
    text += `,"links":[${links.join(",")}]`;
  }
  if (span.statusCode !== 0) {
    text += `,"status":{"code":${span.statusCode}`;
    text += span.statusMessage === "" ? "}" : `,"message":${quoted(span.statusMessage)}}`;
  }
  return `${text}}`;
}

/** A span as JSON, with the name of the library that recorded it. */
export type WrittenSpan = { scope: string; json: string };

/** An ExportTraceServiceRequest; `resource` is the attributes of the resource as JSON. */
export function requestJson(spans: readonly WrittenSpan[], resource: string): string {
  const byScope = new Map<string, string>();
  for (const { scope, json } of spans) {
    const before = byScope.get(scope);
    byScope.set(scope, before === undefined ? json : `${before},${json}`);
  }
  const scopes = [...byScope].map(
    ([scope, list]) => `{"scope":{"name":${quoted(scope)}},"spans":[${list}]}`,
  );
  return `{"resourceSpans":[{"resource":{"attributes":[${resource}]},"scopeSpans":[${scopes.join(",")}]}]}`;
}
