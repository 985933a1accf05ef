import { hexOf, list, number, object, rootOf, text, valueOf, wrong } from "../otlp/json.ts";
import type { AnyValue } from "../otlp/model.ts";
import { MAX_SPANS } from "./limits.ts";
import type { Attributes, ScopeSpans, Span, SpanEvent, SpanLink } from "./model.ts";

const LARGEST_NS = 2n ** 64n - 1n;
const STATUSES = ["UNSET", "OK", "ERROR"];
const KINDS = ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"];

const attributesOf = (value: unknown): Attributes =>
  new Map<string, AnyValue>(
    list(value).map((one) => {
      const { key, value: own } = object(one);
      return [text(key), valueOf(object(own), 0)];
    }),
  );

/** Nanoseconds, which senders write as texts; a number has lost their end already. */
function nanoseconds(value: unknown): bigint {
  if (typeof value === "string" && /^\d{1,20}$/.test(value)) {
    const ns = BigInt(value);
    if (ns <= LARGEST_NS) return ns;
  }
  const read = number(value);
  if (read < 0 || !Number.isFinite(read)) throw wrong("expected a time");
  return BigInt(Math.trunc(read));
}

/** Enums are numbers in OTLP/JSON; some senders write their names all the same. */
function enumOf(value: unknown, names: readonly string[]): number {
  if (typeof value !== "string" || /^\d+$/.test(value)) return number(value);
  return Math.max(0, names.indexOf(value.slice(value.lastIndexOf("_") + 1)));
}

function eventOf(value: unknown): SpanEvent {
  const { timeUnixNano, name, attributes } = object(value);
  return {
    timeNs: nanoseconds(timeUnixNano),
    name: text(name),
    attributes: attributesOf(attributes),
  };
}

function linkOf(value: unknown): SpanLink {
  const { traceId, spanId, attributes } = object(value);
  return {
    traceId: hexOf(traceId),
    spanId: hexOf(spanId),
    attributes: attributesOf(attributes),
  };
}

function spanOf(value: unknown): Span {
  const json = object(value);
  const status = object(json["status"]);
  return {
    traceId: hexOf(json["traceId"]),
    spanId: hexOf(json["spanId"]),
    parentSpanId: hexOf(json["parentSpanId"]),
    traceState: text(json["traceState"]),
    name: text(json["name"]),
    kind: enumOf(json["kind"], KINDS),
    startNs: nanoseconds(json["startTimeUnixNano"]),
    endNs: nanoseconds(json["endTimeUnixNano"]),
    status: enumOf(status["code"], STATUSES),
    statusMessage: text(status["message"]),
    attributes: attributesOf(json["attributes"]),
    events: list(json["events"]).map(eventOf),
    links: list(json["links"]).map(linkOf),
  };
}

/** Reads an ExportTraceServiceRequest in OTLP's JSON. @throws FleetlightError `bad_request` */
export function readSpansJson(body: Buffer): ScopeSpans[] {
  let count = 0;
  return list(rootOf(body)["resourceSpans"]).flatMap((one) => {
    const { resource, scopeSpans } = object(one);
    const attributes = attributesOf(object(resource)["attributes"]);
    return list(scopeSpans).map((group) => {
      const { scope, spans } = object(group);
      count += list(spans).length;
      if (count > MAX_SPANS) throw wrong("it has too many spans");
      return {
        resource: attributes,
        scope: text(object(scope)["name"]),
        spans: list(spans).map(spanOf),
      };
    });
  });
}
