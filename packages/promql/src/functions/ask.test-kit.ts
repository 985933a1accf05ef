import { Engine } from "../engine/engine.ts";
import type { QueryResult } from "../engine/types.ts";
import { memoryStorage, type MemorySeries } from "../memory-storage.ts";

/** Series from texts such as `up{job="a"}`, with a sample every ten seconds from 1970 on; `_` leaves one out. */
export type Given = Readonly<Record<string, readonly (number | "_")[]>>;

const STEP_MS = 10_000;

function series(given: Given): MemorySeries[] {
  return Object.entries(given).map(([text, values]) => {
    const found = /^(\w*)(?:\{(.*)\})?$/.exec(text);
    const labels: Record<string, string> = { __name__: found?.[1] ?? "" };
    for (const [, name = "", value = ""] of (found?.[2] ?? "").matchAll(/(\w+)="([^"]*)"/g)) {
      labels[name] = value;
    }
    const samples = values.flatMap((value, i): [number, number][] =>
      value === "_" ? [] : [[i * STEP_MS, value]],
    );
    return { labels, samples };
  });
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).filter(([name]) => name !== "__name__");
  const inside = pairs.map(([name, value]) => `${name}="${value}"`).join(",");
  return `${labels["__name__"] ?? ""}{${inside}}`;
}

/** Runs an instant query, by default where the longest series ends. */
export async function query(text: string, given: Given = {}, atMs?: number): Promise<QueryResult> {
  const longest = Math.max(1, ...Object.values(given).map((values) => values.length));
  const storage = memoryStorage(series(given));
  return new Engine().instant(storage, text, atMs ?? (longest - 1) * STEP_MS);
}

/** The answer of an instant query: one pair of labels and value for each sample, in the order given. */
export async function ask(
  text: string,
  given: Given = {},
  atMs?: number,
): Promise<[string, number][]> {
  const { data } = await query(text, given, atMs);
  if (data.kind === "scalar") return [["", data.value]];
  if (data.kind !== "vector") throw new Error(`${text} gave a ${data.kind}`);
  return data.samples.map(({ labels, value }) => [labelText(labels.toObject()), value]);
}

/** The value of an answer that has exactly one. */
export async function askOne(text: string, given: Given = {}, atMs?: number): Promise<number> {
  const answer = await ask(text, given, atMs);
  if (answer.length !== 1) throw new Error(`${text} gave ${answer.length} samples`);
  return answer[0]?.[1] ?? NaN;
}

/** Rounded to twelve digits, so that what differs in the last bits compares equal; NaN and infinities stay. */
export function rounded(value: number | undefined): number | undefined {
  return value === undefined || !Number.isFinite(value) ? value : Number(value.toPrecision(12));
}
