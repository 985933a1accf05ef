import { ROOT, spanOf, withRemote } from "./context.ts";
import type { Context } from "./context.ts";
import type { SpanContext } from "./span.ts";

/** Anything that carries texts by name: headers of HTTP or of a message, `_meta` of MCP, a `Headers`, a `Map`. */
export type Carrier =
  | Record<string, unknown>
  | { get(name: string): unknown; set(name: string, value: string): unknown };

/** Values that travel along with the trace, by name. */
export type Baggage = Readonly<Record<string, string>>;

const BAGGAGE_KEY = Symbol.for("OpenTelemetry Baggage Key");
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const ZERO = /^0+$/;
/** Limits of https://www.w3.org/TR/trace-context/ and https://www.w3.org/TR/baggage/; what is longer is not carried on. */
const MAX_TRACESTATE_CHARACTERS = 512;
const MAX_TRACESTATE_MEMBERS = 32;
const MAX_BAGGAGE_CHARACTERS = 8192;
const MAX_BAGGAGE_MEMBERS = 180;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const STATE_MEMBER = /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,256}$/;

const isAccessor = (
  carrier: Carrier,
): carrier is { get(name: string): unknown; set(name: string, value: string): unknown } =>
  typeof carrier["get"] === "function" && typeof carrier["set"] === "function";

function read(carrier: Carrier, name: string): string {
  let value: unknown;
  if (isAccessor(carrier)) value = carrier.get(name);
  else if (Object.hasOwn(carrier, name)) value = carrier[name];
  else {
    // Headers of HTTP have no case, and some carriers keep the sender's.
    const key = Object.keys(carrier).find((one) => one.toLowerCase() === name);
    value = key === undefined ? undefined : carrier[key];
  }
  if (Array.isArray(value)) return name === "traceparent" ? "" : value.join(",");
  // Message brokers hand over headers as bytes.
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  return typeof value === "string" ? value : "";
}

function write(carrier: Carrier, name: string, value: string): void {
  if (isAccessor(carrier)) carrier.set(name, value);
  else carrier[name] = value;
}

/** Drops what is malformed or too much: a sender's mistake is not carried on. */
function cleanState(text: string): string {
  if (text.length > MAX_TRACESTATE_CHARACTERS * 4) return "";
  const members = text
    .split(",")
    .map((one) => one.trim())
    .filter((one) => STATE_MEMBER.test(one))
    .slice(0, MAX_TRACESTATE_MEMBERS);
  while (members.join(",").length > MAX_TRACESTATE_CHARACTERS) members.pop();
  return members.join(",");
}

export function parseTraceparent(text: string): SpanContext | null {
  const [, version = "", traceId = "", spanId = "", flags = "", rest] =
    TRACEPARENT.exec(text.trim()) ?? [];
  if (version === "" || version === "ff" || (version === "00" && rest !== undefined)) return null;
  if (ZERO.test(traceId) || ZERO.test(spanId)) return null;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
}

export const formatTraceparent = ({ traceId, spanId, traceFlags }: SpanContext): string =>
  `00-${traceId}-${spanId}-${traceFlags & 1 ? "01" : "00"}`;

type Entries = { getAllEntries(): [string, { value: string }][] };

/** The form in which OpenTelemetry's API keeps baggage in a context. */
class BaggageEntries {
  readonly #entries: ReadonlyMap<string, { value: string }>;

  constructor(entries: Iterable<readonly [string, { value: string }]>) {
    this.#entries = new Map(entries);
  }
  getEntry(key: string): { value: string } | undefined {
    return this.#entries.get(key);
  }
  getAllEntries(): [string, { value: string }][] {
    return [...this.#entries];
  }
  setEntry(key: string, entry: { value: string }): BaggageEntries {
    return new BaggageEntries([...this.#entries, [key, entry]]);
  }
  removeEntry(key: string): BaggageEntries {
    return this.removeEntries(key);
  }
  removeEntries(...keys: string[]): BaggageEntries {
    return new BaggageEntries([...this.#entries].filter(([key]) => !keys.includes(key)));
  }
  clear(): BaggageEntries {
    return new BaggageEntries([]);
  }
}

export function baggageOf(context: Context): Baggage {
  const entries = context.getValue(BAGGAGE_KEY) as Entries | undefined;
  if (entries === undefined) return {};
  return Object.fromEntries(entries.getAllEntries().map(([key, { value }]) => [key, value]));
}

export function withBaggage(context: Context, baggage: Baggage): Context {
  const entries = Object.entries(baggage).map(([key, value]) => [key, { value }] as const);
  return context.setValue(BAGGAGE_KEY, new BaggageEntries(entries));
}

function parseBaggage(text: string): Baggage {
  const entries: [string, string][] = [];
  for (const member of text.slice(0, MAX_BAGGAGE_CHARACTERS).split(",")) {
    const [pair = ""] = member.split(";");
    const equals = pair.indexOf("=");
    const key = pair.slice(0, equals).trim();
    if (equals <= 0 || !TOKEN.test(key) || entries.length >= MAX_BAGGAGE_MEMBERS) continue;
    try {
      entries.push([key, decodeURIComponent(pair.slice(equals + 1).trim())]);
    } catch {
      // A percent sign that begins nothing.
    }
  }
  return Object.fromEntries(entries);
}

function formatBaggage(baggage: Baggage): string {
  let text = "";
  for (const [key, value] of Object.entries(baggage).slice(0, MAX_BAGGAGE_MEMBERS)) {
    if (!TOKEN.test(key)) continue;
    const member = `${key}=${encodeURIComponent(value.replace(/\p{Surrogate}/gu, "\uFFFD"))}`;
    if (text.length + member.length + 1 > MAX_BAGGAGE_CHARACTERS) break;
    text += text === "" ? member : `,${member}`;
  }
  return text;
}

/** Writes `traceparent`, `tracestate` and `baggage` of a context into a carrier. */
export function inject(context: Context, carrier: Carrier): void {
  const span = spanOf(context)?.spanContext();
  if (span !== undefined && !ZERO.test(span.traceId)) {
    write(carrier, "traceparent", formatTraceparent(span));
    const state = span.traceState?.serialize() ?? "";
    if (state !== "") write(carrier, "tracestate", state);
  }
  const baggage = formatBaggage(baggageOf(context));
  if (baggage !== "") write(carrier, "baggage", baggage);
}

/** A context with the trace and the baggage that a carrier brings; `base` when it brings none. Malformed ones are none. */
export function extract(carrier: Carrier, base: Context = ROOT): Context {
  let context = base;
  const remote = parseTraceparent(read(carrier, "traceparent"));
  if (remote !== null) {
    const state = cleanState(read(carrier, "tracestate"));
    if (state !== "") remote.traceState = { serialize: () => state };
    context = withRemote(context, remote);
  }
  const baggage = read(carrier, "baggage");
  return baggage === "" ? context : withBaggage(context, parseBaggage(baggage));
}

type Setter = { set(carrier: Carrier, key: string, value: string): void };
type Getter = { get(carrier: Carrier, key: string): undefined | string | string[] };

/** W3C's headers as OpenTelemetry's API wants them: see `Tracing.share`. */
export const propagator = {
  fields: () => ["traceparent", "tracestate", "baggage"],
  inject(context: Context, carrier: Carrier, setter: Setter): void {
    inject(context, {
      get: () => undefined,
      set: (name: string, value: string) => setter.set(carrier, name, value),
    });
  },
  extract(context: Context, carrier: Carrier, getter: Getter): Context {
    return extract({ get: (name: string) => getter.get(carrier, name), set: () => {} }, context);
  },
};
