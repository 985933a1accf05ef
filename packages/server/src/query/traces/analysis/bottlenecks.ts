import type { Bottleneck } from "@fleetlight/contract";

import { MODEL_OPERATIONS, type Operation } from "#collect";

import type { Step } from "./times.ts";
import { below, type Tree, type Turns } from "./tree.ts";

/** What takes less of the run is none. */
const LEAST_SHARE = 0.02;
const MAX_PER_KIND = 5;
const MAX_IDS = 20;
/** A gap is a time in which nothing is known to go on below a span that only waits for others. */
const LEAST_GAP_SECONDS = 0.05;

/** How long a kind of call takes usually: its 95th percentile in seconds, by model. */
export type UsualSeconds = ReadonlyMap<string, number>;

export interface Found {
  tree: Tree;
  path: readonly Step[];
  self: Float64Array;
  usual: UsualSeconds;
  turns: Turns;
}

/** Children of one span that are looked at; more than these are no story that one can tell. */
const MAX_CHILDREN = 5000;

const some = (tree: Tree, place: number): Int32Array =>
  below(tree, place).subarray(0, MAX_CHILDREN);

type Draft = Omit<Bottleneck, "share" | "span_ids" | "spans"> & { places: number[] };

const seconds = (value: number): string =>
  value >= 100 ? `${Math.round(value)} s` : `${Number(value.toPrecision(3))} s`;
const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** What a span is, in words; the same words are the same kind. */
function wordsFor({ rows }: Tree, place: number): string {
  const row = rows[place];
  if (row === undefined) return "";
  if (row.tool !== "") return `tool ${row.tool}`;
  if (MODEL_OPERATIONS.has(row.operation as Operation))
    return row.model === "" ? "a model" : `model ${row.model}`;
  if (row.operation === "wait") return row.peer === "" ? "somebody" : `agent ${row.peer}`;
  if (row.operation === "invoke_agent" || row.operation === "task")
    return row.agent === "" ? row.name : `agent ${row.agent}`;
  return row.name;
}

/** The critical path by what it waits for. */
function waits({ tree, path }: Found): Draft[] {
  const byWords = new Map<string, { seconds: number; places: Set<number> }>();
  for (const { place, from, to } of path) {
    const words = wordsFor(tree, place);
    const known = byWords.get(words) ?? { seconds: 0, places: new Set() };
    known.seconds += to - from;
    known.places.add(place);
    byWords.set(words, known);
  }
  return [...byWords].map(([words, { seconds: total, places }]) => ({
    kind: "waits",
    reason: `The run waits for ${words} ${percent(total / tree.durationSeconds)} of its time (${places.size} ${places.size === 1 ? "span" : "spans"}, ${seconds(total)}).`,
    seconds: total,
    places: [...places],
  }));
}

const isCall = (tree: Tree, place: number): boolean => {
  const operation = tree.rows[place]?.operation ?? "";
  return operation === "execute_tool" || operation === "retrieval";
};

/** Names what a call is a repetition of. */
const keyOf = (tree: Tree, place: number): string => {
  const row = tree.rows[place];
  return JSON.stringify([row?.name, row?.operation, row?.tool, row?.model]);
};

/** Calls of tools, one after the other below one span and without anything between them that could have needed the former. */
function sequential({ tree }: Found, place: number): Draft[] {
  const children = some(tree, place);
  const found: Draft[] = [];
  let chain: number[] = [];
  const close = () => {
    let [saved, longest] = [0, 0];
    for (const one of chain) {
      const took = (tree.ends[one] ?? 0) - (tree.starts[one] ?? 0);
      saved += took;
      longest = Math.max(longest, took);
    }
    saved -= longest;
    const names = new Set(chain.map((one) => wordsFor(tree, one)));
    if (chain.length > 1)
      found.push({
        kind: "sequential",
        reason: `${chain.length} calls of ${[...names].slice(0, 3).join(", ")} follow one another below ${tree.rows[place]?.name ?? ""} and nothing lies between them: side by side they would save ${seconds(saved)}.`,
        seconds: saved,
        places: chain,
      });
    chain = [];
  };
  for (const child of children) {
    const former = chain.at(-1);
    const follows = former === undefined || (tree.starts[child] ?? 0) >= (tree.ends[former] ?? 0);
    const isFailed = tree.rows[child]?.status === 2;
    if (!isCall(tree, child) || !follows) close();
    if (isCall(tree, child) && !isFailed) chain.push(child);
    else if (isFailed) close();
  }
  close();
  return found;
}

/** The same call again after it failed; what the failed ones took is lost. */
function retries({ tree }: Found, place: number): Draft[] {
  const byKey = new Map<string, number[]>();
  for (const child of some(tree, place)) {
    const key = keyOf(tree, child);
    const known = byKey.get(key);
    if (known === undefined) byKey.set(key, [child]);
    else known.push(child);
  }
  const found: Draft[] = [];
  for (const children of byKey.values()) {
    const lost = children.filter(
      (child, i) => tree.rows[child]?.status === 2 && i < children.length - 1,
    );
    if (lost.length === 0) continue;
    const took = lost.reduce(
      (sum, one) => sum + (tree.ends[one] ?? 0) - (tree.starts[one] ?? 0),
      0,
    );
    found.push({
      kind: "retries",
      reason: `${wordsFor(tree, lost[0] ?? 0)} failed ${lost.length === 1 ? "once" : `${lost.length} times`} and was tried again: ${seconds(took)} are lost.`,
      seconds: took,
      places: lost,
    });
  }
  return found;
}

/** Operations that do nothing themselves but call others. */
const CALLERS = new Set(["invoke_agent", "workflow", "step", "task"]);

/** Times below a span in which none of its children goes on. */
function gaps({ tree }: Found, place: number): Draft[] {
  const { operation, name } = tree.rows[place] ?? { operation: "", name: "" };
  if (!CALLERS.has(operation)) return [];
  const found: Draft[] = [];
  let until: number | undefined;
  let former = place;
  for (const child of some(tree, place)) {
    const start = tree.starts[child] ?? 0;
    if (until !== undefined && start - until >= LEAST_GAP_SECONDS)
      found.push({
        kind: "gap",
        reason: `Nothing is known of ${seconds(start - until)} in ${name}, between ${tree.rows[former]?.name ?? ""} and ${tree.rows[child]?.name ?? ""}.`,
        seconds: start - until,
        places: [place, former, child],
      });
    const end = tree.ends[child] ?? 0;
    if (until === undefined || end > until) [until, former] = [end, child];
  }
  return found;
}

/** Calls of models that took longer than 95 of 100 others of the same model. */
function slowCall({ tree, usual }: Found, place: number): Draft[] {
  const row = tree.rows[place];
  if (row === undefined || !MODEL_OPERATIONS.has(row.operation as Operation)) return [];
  const took = row.durationNs / 1e9;
  const p95 = usual.get(row.model);
  if (p95 === undefined || took <= p95) return [];
  return [
    {
      kind: "slow_call",
      reason: `A call of ${wordsFor(tree, place)} took ${seconds(took)}; 95 of 100 take at most ${seconds(p95)}.`,
      seconds: took - p95,
      places: [place],
    },
  ];
}

/** Each looks at one span and what is below it. */
const DETECTORS = [sequential, retries, gaps, slowCall];

/** What made the run last longer, the worst first. */
export async function bottlenecksOf(found: Found): Promise<Bottleneck[]> {
  const { tree, turns } = found;
  const least = tree.durationSeconds * LEAST_SHARE;
  const drafts = waits(found);
  for (let place = 0; place < tree.rows.length; place++) {
    for (const detect of DETECTORS)
      for (const draft of detect(found, place)) if (draft.seconds >= least) drafts.push(draft);
    if (turns.isLong) await turns.next();
  }
  const taken = new Map<string, number>();
  return drafts
    .filter((draft) => draft.seconds >= least && draft.seconds > 0)
    .toSorted((a, b) => b.seconds - a.seconds)
    .filter(({ kind }) => {
      const count = (taken.get(kind) ?? 0) + 1;
      taken.set(kind, count);
      return count <= MAX_PER_KIND;
    })
    .map(({ places, ...draft }) => ({
      ...draft,
      share: Math.min(1, draft.seconds / tree.durationSeconds),
      span_ids: places.slice(0, MAX_IDS).map((place) => tree.rows[place]?.spanId ?? ""),
      spans: places.length,
    }));
}
