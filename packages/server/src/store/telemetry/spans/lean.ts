import { laterOf } from "./matches.ts";
import type { LeanRow, SpanContent, SpanCursor, SpanRow } from "./types.ts";

/** Attributes of a resource that say where it runs; the machine rather than the process. */
const HOSTS = ["host.name", "k8s.pod.name", "host.id", "service.instance.id"];

/** Where a resource says that it runs; empty when it does not. */
export const hostOf = (resource: Readonly<Record<string, string>>): string =>
  HOSTS.map((name) => resource[name] ?? "").find((text) => text !== "") ?? "";

/** A span without what is long. */
export function leanOf(row: SpanRow): LeanRow {
  const {
    attributes: _,
    numbers: __,
    resource,
    events: ___,
    links: ____,
    traceState: _____,
    scope: ______,
    ...lean
  } = row;
  return { ...lean, host: hostOf(resource) };
}

/** By start, and then by id, as texts are ordered by their bytes. */
export function byPlace(a: SpanCursor, b: SpanCursor): number {
  // Of decimals without signs the longer one is the larger one, and equally long ones are ordered as texts are.
  if (a.startNs.length !== b.startNs.length) return a.startNs.length - b.startNs.length;
  if (a.startNs !== b.startNs) return a.startNs < b.startNs ? -1 : 1;
  return a.spanId < b.spanId ? -1 : a.spanId > b.spanId ? 1 : 0;
}

type Delivery = Pick<SpanRow, "traceId" | "spanId" | "startNs" | "ended" | "durationNs">;

/** Each span once, in its best delivery, by start. */
export function unique<T extends Delivery>(rows: readonly T[]): T[] {
  const byId = new Map<string, T>();
  for (const row of rows) {
    const key = row.traceId + row.spanId;
    const known = byId.get(key);
    byId.set(key, known === undefined ? row : laterOf(known, row));
  }
  return [...byId.values()].toSorted(byPlace);
}

/** Whether all words stand in one and the same span's contents, whatever their capitals. */
export function holdsAll(contents: readonly SpanContent[], words: readonly string[]): boolean {
  const text = contents.map((content) => content.text.toLowerCase()).join("\n");
  return words.every((word) => text.includes(word.toLowerCase()));
}

/** Rows with the same key, in the order in which the first of each came. */
export function groupBy<T>(rows: readonly T[], key: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const group = groups.get(key(row));
    if (group === undefined) groups.set(key(row), [row]);
    else group.push(row);
  }
  return groups;
}
