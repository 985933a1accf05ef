import { idOf, list, number, object, rootOf, text, valueOf, wrong } from "../otlp/json.ts";
import type { AnyValue } from "../otlp/model.ts";
import { MAX_ATTRIBUTES_READ, MAX_FIELDS, type Incoming } from "./incoming.ts";
import { MAX_SPANS } from "./limits.ts";
import type { Attributes, Span, SpanEvent, SpanLink } from "./model.ts";

const LARGEST_NS = 2n ** 64n - 1n;
const STATUSES = ["UNSET", "OK", "ERROR"];
const KINDS = ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"];

/** What the parts of one span have beyond what is read. */
interface Tally {
  lost: number;
  parts: number;
}

function attributesOf(value: unknown, tally: Tally): Attributes {
  const all = list(value);
  tally.parts += all.length;
  if (tally.parts > MAX_FIELDS) throw wrong("a span has too many parts");
  tally.lost += Math.max(0, all.length - MAX_ATTRIBUTES_READ);
  return new Map<string, AnyValue>(
    all.slice(0, MAX_ATTRIBUTES_READ).map((one) => {
      const { key, value: own } = object(one);
      return [text(key), valueOf(object(own), 0)];
    }),
  );
}

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

function eventOf(value: unknown, tally: Tally): SpanEvent {
  const { timeUnixNano, name, attributes } = object(value);
  return {
    timeNs: nanoseconds(timeUnixNano),
    name: text(name),
    attributes: attributesOf(attributes, tally),
  };
}

function linkOf(value: unknown, tally: Tally): SpanLink {
  const { traceId, spanId, attributes } = object(value);
  return {
    traceId: idOf(traceId),
    spanId: idOf(spanId),
    attributes: attributesOf(attributes, tally),
  };
}

function spanOf(value: unknown, tally: Tally): Span {
  const json = object(value);
  const status = object(json["status"]);
  return {
    traceId: idOf(json["traceId"]),
    spanId: idOf(json["spanId"]),
    parentSpanId: idOf(json["parentSpanId"]),
    traceState: text(json["traceState"]),
    name: text(json["name"]),
    kind: enumOf(json["kind"], KINDS),
    startNs: nanoseconds(json["startTimeUnixNano"]),
    endNs: nanoseconds(json["endTimeUnixNano"]),
    status: enumOf(status["code"], STATUSES),
    statusMessage: text(status["message"]),
    attributes: attributesOf(json["attributes"], tally),
    events: list(json["events"]).map((one) => eventOf(one, tally)),
    links: list(json["links"]).map((one) => linkOf(one, tally)),
  };
}

/**
 * Reads an ExportTraceServiceRequest in OTLP's JSON, one span at a time. The text itself is parsed in one go.
 * @throws FleetlightError `bad_request` wherever it turns out not to be that.
 */
export function* readSpansJson(body: Buffer): Generator<Incoming> {
  let count = 0;
  for (const one of list(rootOf(body)["resourceSpans"])) {
    const { resource, scopeSpans } = object(one);
    const tally: Tally = { lost: 0, parts: 0 };
    const attributes = attributesOf(object(resource)["attributes"], tally);
    for (const group of list(scopeSpans)) {
      const { scope, spans } = object(group);
      const name = text(object(scope)["name"]);
      for (const span of list(spans)) {
        if (++count > MAX_SPANS) throw wrong("it has too many spans");
        tally.parts = 0;
        const before = tally.lost;
        yield {
          resource: attributes,
          scope: name,
          span: spanOf(span, tally),
          lost: tally.lost - before,
        };
      }
    }
  }
}
