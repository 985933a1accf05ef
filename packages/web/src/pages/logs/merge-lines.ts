import type { LogLine } from "@fleetlight/contract";

const isNewer = (a: LogLine, b: LogLine): number => {
  if (a.time_ns.length !== b.time_ns.length) return b.time_ns.length - a.time_ns.length;
  if (a.time_ns !== b.time_ns) return a.time_ns < b.time_ns ? 1 : -1;
  return Number(b.id.split(".")[1]) - Number(a.id.split(".")[1]);
};

/** Lines that came by themselves and lines that were asked for, each once, newest first. */
export function mergeLines(fresh: readonly LogLine[], asked: readonly LogLine[]): LogLine[] {
  if (fresh.length === 0) return [...asked];
  const known = new Set(asked.map(({ id }) => id));
  return [...fresh.filter(({ id }) => !known.has(id)), ...asked].toSorted(isNewer);
}
