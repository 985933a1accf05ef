import type { Finding, FindingKind } from "@fleetlight/contract";

interface Words {
  word: string;
  many: string;
  /** Stays the same for the kind wherever it is drawn. */
  hue: number;
  /** What it means, and what to do. */
  advice: string;
}

export const KIND_WORDS: Record<FindingKind, Words> = {
  wait_cycle: {
    word: "Deadlock",
    many: "deadlocks",
    hue: 8,
    advice:
      "Each of these agents waits for the next, so none goes on. Stop one of them, or give the waits a time after which they give up.",
  },
  long_wait: {
    word: "Long wait",
    many: "long waits",
    hue: 7,
    advice: "Is the agent that is waited for still at work? Its run shows what it does.",
  },
  resource_conflict: {
    word: "Write conflict",
    many: "write conflicts",
    hue: 2,
    advice:
      "Two agents wrote the same thing without one handing it to the other; one of the writes may be lost. Give it one owner, or take turns.",
  },
  contradiction: {
    word: "Contradiction",
    many: "contradictions",
    hue: 4,
    advice: "These agents say different things of one subject. It ends when they agree.",
  },
  duplicated_work: {
    word: "Work done twice",
    many: "pieces of work done twice",
    hue: 6,
    advice: "Share the first result instead of doing it again.",
  },
  slow_agreement: {
    word: "Slow agreement",
    many: "slow agreements",
    hue: 3,
    advice: "A limit of rounds, or somebody who decides, ends it sooner.",
  },
  loop: {
    word: "Loop",
    many: "loops",
    hue: 5,
    advice:
      "The same call gives the same answer. The agent does not see, or does not believe, what it got: look at the result of the first call.",
  },
  runaway: {
    word: "Runaway run",
    many: "runaway runs",
    hue: 1,
    advice: "Stop the run, or raise the limit in the configuration's section `coordination`.",
  },
};

/** Where a stretch of time stands within a longer one, in percent; never narrower than can be seen. */
export function placeOf(
  { start, end }: { start: number; end: number },
  whole: { start: number; end: number },
): { left: number; width: number } {
  const length = Math.max(1, whole.end - whole.start);
  const left = Math.min(99, Math.max(0, ((start - whole.start) / length) * 100));
  const width = Math.min(100 - left, Math.max(1, ((end - start) / length) * 100));
  return { left, width };
}

/** From the first thing that a finding shows to its last, or to now while it goes on. */
export function spanOf(finding: Finding, now: number): { start: number; end: number } {
  const starts = finding.evidence.map(({ start }) => Date.parse(start));
  const ends = finding.evidence.map(({ end }) =>
    end === null ? untilOf(finding, now) : Date.parse(end),
  );
  const first = Date.parse(finding.first_seen);
  return { start: Math.min(first, ...starts), end: Math.max(first + 1, ...ends) };
}

/** Until when what has no end has lasted. */
export const untilOf = ({ state, ended_at, last_seen }: Finding, now: number): number =>
  state === "open" ? now : Date.parse(ended_at ?? last_seen);
