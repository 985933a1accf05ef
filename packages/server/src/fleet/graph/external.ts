import type { SpanRow } from "#store";

import type { GraphNode } from "./hits.ts";

const CLIENT = 3;
const PRODUCER = 4;

/** Attributes that name what is called, the best name first; a database without any is named by its kind. */
const NAMES = [
  "db.namespace",
  "db.name",
  "messaging.destination.name",
  "server.address",
  "net.peer.name",
  "db.system.name",
  "db.system",
  "messaging.system",
] as const;
/** Longest name of a node. */
const MAX_CHARACTERS = 256;

/** What a span of a client says of the other side. */
export function externalOf(row: SpanRow): GraphNode | undefined {
  if (row.kind !== CLIENT && row.kind !== PRODUCER) return undefined;
  const { attributes } = row;
  const service = attributes["peer.service"];
  // A service of the fleet that did not answer is still that service.
  if (service !== undefined && service !== "")
    return { kind: "service", name: service.slice(0, MAX_CHARACTERS) };
  const system = attributes["db.system.name"] ?? attributes["db.system"];
  for (const name of NAMES) {
    const value = attributes[name];
    if (value === undefined || value === "") continue;
    const full = system === undefined || value === system ? value : `${system} ${value}`;
    return { kind: "external", name: full.slice(0, MAX_CHARACTERS) };
  }
  return undefined;
}
