import type { Turns } from "#lib";
import type { Bottleneck } from "@fleetlight/contract";

import { MODEL_OPERATIONS, type Operation } from "#collect";

import type { Step } from "./times.ts";
import { below, hasChildren, hasFailed, idAt, shapeAt, type Tree } from "./tree.ts";

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
  /** Seconds: what takes less is not told of. */
  least: number;
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
function wordsFor(tree: Tree, place: number): string {
  const { name, operation, agent, peer, tool, model } = shapeAt(tree, place);
  if (tool !== "") return `tool ${tool}`;
  if (MODEL_OPERATIONS.has(operation as Operation))
    return model === "" ? "a model" : `model ${model}`;
  if (operation === "wait") return peer === "" ? "somebody" : `agent ${peer}`;
  if (operation === "invoke_agent" || operation === "task")
    return agent === "" ? name : `agent ${agent}`;
  return name;
}

/** The critical path by what it waits for. */
async function waits({ tree, path, turns }: Found): Promise<Draft[]> {
  const byWords = new Map<string, { seconds: number; places: Set<number> }>();
  for (const { place, from, to } of path) {
    if (turns.isDue) await turns.next();
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
  const { operation } = shapeAt(tree, place);
  return operation === "execute_tool" || operation === "retrieval";
};

/** Names what a call is a repetition of. */
const keyOf = (tree: Tree, place: number): string => {
  const { name, operation, tool, model } = shapeAt(tree, place);
  return JSON.stringify([name, operation, tool, model]);
};

/** Calls of tools, one after the other below one span and without anything between them that could have needed the former. */
function sequential({ tree, least }: Found, place: number): Draft[] {
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
    if (chain.length > 1 && saved >= least) {
      const names = new Set(chain.map((one) => wordsFor(tree, one)));
      found.push({
        kind: "sequential",
        reason: `${chain.length} calls of ${[...names].slice(0, 3).join(", ")} follow one another below ${shapeAt(tree, place).name} and nothing lies between them: side by side they would save ${seconds(saved)}.`,
        seconds: saved,
        places: chain,
      });
    }
    if (chain.length > 0) chain = [];
  };
  for (const child of children) {
    const former = chain.at(-1);
    const follows = former === undefined || (tree.starts[child] ?? 0) >= (tree.ends[former] ?? 0);
    const isFailed = hasFailed(tree, child);
    if (!isCall(tree, child) || !follows) close();
    if (isCall(tree, child) && !isFailed) chain.push(child);
    else if (isFailed) close();
  }
  close();
  return found;
}

/** The same call again after it failed; what the failed ones took is lost. */
function retries({ tree }: Found, place: number): Draft[] {
  const children = some(tree, place);
  if (!children.some((child) => hasFailed(tree, child))) return [];
  const byKey = new Map<string, number[]>();
  for (const child of children) {
    const key = keyOf(tree, child);
    const known = byKey.get(key);
    if (known === undefined) byKey.set(key, [child]);
    else known.push(child);
  }
  const found: Draft[] = [];
  for (const same of byKey.values()) {
    const lost = same.filter((child, i) => hasFailed(tree, child) && i < same.length - 1);
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
function gaps({ tree, least }: Found, place: number): Draft[] {
  const { operation, name } = shapeAt(tree, place);
  if (!CALLERS.has(operation)) return [];
  const found: Draft[] = [];
  let until: number | undefined;
  let former = place;
  for (const child of some(tree, place)) {
    const start = tree.starts[child] ?? 0;
    if (until !== undefined && start - until >= Math.max(least, LEAST_GAP_SECONDS))
      found.push({
        kind: "gap",
        reason: `Nothing is known of ${seconds(start - until)} in ${name}, between ${shapeAt(tree, former).name} and ${shapeAt(tree, child).name}.`,
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
  const { operation, model } = shapeAt(tree, place);
  if (!MODEL_OPERATIONS.has(operation as Operation)) return [];
  const took = (tree.columns.durations[place] ?? 0) / 1e9;
  const p95 = usual.get(model);
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
const DETECTORS = [sequential, retries, gaps];

/** What made the run last longer, the worst first. */
export async function bottlenecksOf(asked: Omit<Found, "least">): Promise<Bottleneck[]> {
  const { tree, turns, usual } = asked;
  const least = tree.durationSeconds * LEAST_SHARE;
  const found = { ...asked, least };
  const drafts = await waits(found);
  const take = (draft: Draft) => draft.seconds >= least && drafts.push(draft);
  for (let place = 0; place < tree.parents.length; place++) {
    if (hasChildren(tree, place)) {
      for (const detect of DETECTORS) for (const draft of detect(found, place)) take(draft);
      if (turns.isLong) await turns.next();
    }
    if (usual.size > 0) for (const draft of slowCall(found, place)) take(draft);
    if (turns.isDue) await turns.next();
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
      span_ids: places.slice(0, MAX_IDS).map((place) => idAt(tree, place)),
      spans: places.length,
    }));
}
