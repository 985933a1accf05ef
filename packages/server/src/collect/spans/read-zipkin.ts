import { createHash } from "node:crypto";

import { badRequest } from "#lib";

import { idOf, list, number, object, text, wrong, type Json } from "../otlp/json.ts";
import type { AnyValue } from "../otlp/model.ts";
import { MAX_ATTRIBUTES_READ, type Incoming } from "./incoming.ts";
import { MAX_SPANS } from "./limits.ts";
import type { Attributes, Span, SpanEvent } from "./model.ts";
import { statusOf, takeText } from "./tags.ts";

const NS_PER_US = 1000;
const KINDS = ["", "", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"];

/** Its answers know no partial success: a wrong id is told of by refusing the request, as Zipkin does. */
function hexOf(value: unknown): string {
  const id = idOf(value);
  if (!/^[0-9a-f]*$/.test(id)) throw wrong("expected hexadecimal digits");
  return id;
}

/** Microseconds as nanoseconds; what is missing is 0. */
function nanoseconds(value: unknown): bigint {
  const us = number(value);
  if (us < 0 || !Number.isFinite(us)) throw wrong("expected a time");
  return BigInt(Math.round(us)) * BigInt(NS_PER_US);
}

/** A server's part of a span that the client began has the same id; each needs its own, the server's below the client's. */
const sharedId = (id: string, service: string): string =>
  createHash("sha1").update(`${id} ${service}`).digest("hex").slice(0, 16);

function resourceOf(endpoint: Json): Attributes {
  const resource = new Map<string, AnyValue>([["service.name", text(endpoint["serviceName"])]]);
  const address = endpoint["ipv4"] ?? endpoint["ipv6"];
  if (typeof address === "string") resource.set("net.host.ip", address);
  if (typeof endpoint["port"] === "number") resource.set("net.host.port", endpoint["port"]);
  return resource;
}

function attributesOf(json: Json): { attributes: Map<string, AnyValue>; lost: number } {
  const attributes = new Map<string, AnyValue>();
  let lost = 0;
  const tags = object(json["tags"]);
  for (const name in tags) {
    if (attributes.size < MAX_ATTRIBUTES_READ) attributes.set(name, text(tags[name]));
    else lost++;
  }
  const { serviceName, ipv4, ipv6 } = object(json["remoteEndpoint"]);
  for (const [name, value] of [
    ["peer.service", serviceName],
    ["net.peer.ip", ipv4 ?? ipv6],
  ] as const)
    if (typeof value === "string" && !attributes.has(name)) attributes.set(name, value);
  return { attributes, lost };
}

const eventOf = (value: unknown): SpanEvent => {
  const { timestamp, value: name } = object(value);
  return { timeNs: nanoseconds(timestamp), name: text(name), attributes: new Map() };
};

function spanOf(json: Json, service: string): { span: Span; scope: string; lost: number } {
  const { attributes, lost } = attributesOf(json);
  const id = hexOf(json["id"]).padStart(16, "0");
  const isShared = json["shared"] === true;
  const parent = hexOf(json["parentId"]);
  const startNs = nanoseconds(json["timestamp"]);
  const duration = json["duration"];
  return {
    scope: takeText(attributes, "otel.scope.name", "otel.library.name"),
    lost,
    span: {
      traceId: hexOf(json["traceId"]).padStart(32, "0"),
      spanId: isShared ? sharedId(id, service) : id,
      parentSpanId: isShared ? id : parent === "" ? "" : parent.padStart(16, "0"),
      traceState: takeText(attributes, "w3c.tracestate"),
      name: text(json["name"]),
      kind: Math.max(0, KINDS.indexOf(text(json["kind"]) || "-")),
      startNs,
      endNs: startNs + nanoseconds(duration),
      ...statusOf(attributes),
      attributes,
      events: list(json["annotations"]).map(eventOf),
      links: [],
    },
  };
}

/**
 * Reads Zipkin's list of spans (version 2, JSON), one at a time: https://zipkin.io/zipkin-api/
 * @throws FleetlightError `bad_request` wherever it turns out not to be that.
 */
export function* readSpansZipkin(body: Buffer): Generator<Incoming> {
  let root: unknown;
  try {
    root = JSON.parse(body.toString("utf8"));
  } catch {
    throw badRequest("the body is not valid JSON");
  }
  if (!Array.isArray(root)) throw badRequest("the body is not a list of Zipkin's spans");
  if (root.length > MAX_SPANS) throw badRequest("the list has too many spans");
  const resources = new Map<string, Attributes>();
  for (const one of root) {
    const json = object(one);
    const endpoint = object(json["localEndpoint"]);
    const key = JSON.stringify(endpoint).slice(0, 1000);
    const resource = resources.get(key) ?? resourceOf(endpoint);
    resources.set(key, resource);
    yield { resource, ...spanOf(json, text(endpoint["serviceName"])) };
  }
}
