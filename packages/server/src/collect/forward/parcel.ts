/** One body as it was received and taken, on its way to others. */
export interface Parcel {
  signal: "traces" | "metrics" | "logs";
  tenant: string;
  body: Buffer;
  encoding: "protobuf" | "json" | "jaeger" | "zipkin";
  /** How many Fleetlights passed it on before. */
  hops: number;
  takenMs: number;
}

/** Says how often a request was passed on, so that two that point at one another end it. */
export const HOPS_HEADER = "x-fleetlight-hops";
/** A chain from one machine to a region to a centre has two. */
const MAX_HOPS = 4;

/** @returns the hops that a request has behind it; undefined when it must not go on. */
export function hopsOf(header: string | string[] | undefined): number | undefined {
  if (header === undefined) return 0;
  const hops = typeof header === "string" && /^\d{1,2}$/.test(header) ? Number(header) : MAX_HOPS;
  return hops < MAX_HOPS ? hops : undefined;
}
