import type { FleetNodeKind } from "@fleetlight/contract";

/** Raw search parameters as the router read them from the address. */
type Raw = Record<string, unknown>;

const MAX_LENGTH = 1024;

const text = (value: unknown): string | undefined => {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return typeof value === "string" && value !== "" ? value.slice(0, MAX_LENGTH) : undefined;
};

export const FLEET_HOURS = [1, 6, 24, 168] as const;
export const NODE_KINDS = [
  "agent",
  "tool",
  "model",
  "service",
  "external",
] as const satisfies FleetNodeKind[];

/** What the address of the fleet says. */
export interface FleetSearch {
  q?: string;
  service?: string;
  /** Kinds of nodes that are left out, with commas between them. */
  without?: string;
  hours?: number;
  /** `auto` where it is left out: the graph, on a phone the list. */
  view?: "graph" | "list";
  /** Id of the node or edge that is looked at. */
  pick?: string;
  /** Unix seconds at which the step begins that is replayed. */
  at?: number;
  /** The range is compared with the one before it. */
  diff?: true;
}

export function parseFleetSearch(raw: Raw): FleetSearch {
  const search: Record<keyof FleetSearch, unknown> = {
    q: text(raw["q"]),
    service: text(raw["service"]),
    without: text(raw["without"]),
    hours: FLEET_HOURS.find((one) => one !== 1 && one === raw["hours"]),
    view: raw["view"] === "graph" || raw["view"] === "list" ? raw["view"] : undefined,
    pick: text(raw["pick"]),
    at: typeof raw["at"] === "number" && raw["at"] > 0 ? Math.trunc(raw["at"]) : undefined,
    diff: raw["diff"] === true ? true : undefined,
  };
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined));
}
