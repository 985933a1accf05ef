import type { CoordinationSummary } from "@fleetlight/contract";

/** Pairs of agents whose waiting is told apart; all others together are one. */
const MAX_PAIRS = 500;
const OTHERS = "others";
/** Agents whose present waiting is told. */
const MAX_AGENTS = 500;
/** Work is compared over the last hour, minute by minute. */
const MINUTES = 60;
const MINUTE_MS = 60_000;

interface Minute {
  at: number;
  work: number;
  duplicated: number;
}

/** What is counted of one tenant's agents, beside findings. */
export class Figures {
  readonly waits = new Map<string, CoordinationSummary["waits"][number]>();
  /** How long each agent has been waiting for another one by now, in seconds. */
  readonly waiting = new Map<string, number>();
  /** Told of each dialogue or conflict that came to its end. */
  onRounds: (rounds: number) => void = () => undefined;
  private rounds = { sum: 0, count: 0 };
  private minutes: Minute[] = [];

  addWait(agent: string, peer: string, seconds: number): void {
    let key = JSON.stringify([agent, peer]);
    const isKnown = this.waits.has(key);
    if (!isKnown && this.waits.size >= MAX_PAIRS) key = OTHERS;
    const [from, to] = key === OTHERS ? [OTHERS, OTHERS] : [agent, peer];
    const known = this.waits.get(key) ?? { agent: from, peer: to, seconds: 0, waits: 0 };
    known.seconds += seconds;
    known.waits++;
    this.waits.set(key, known);
  }

  setWaiting(waits: Iterable<[agent: string, seconds: number]>): void {
    this.waiting.clear();
    for (const [agent, seconds] of waits) {
      if (!this.waiting.has(agent) && this.waiting.size >= MAX_AGENTS) continue;
      this.waiting.set(agent, Math.max(seconds, this.waiting.get(agent) ?? 0));
    }
  }

  addRounds(rounds: number): void {
    this.rounds.sum += rounds;
    this.rounds.count++;
    this.onRounds(rounds);
  }

  meanRounds(): number | null {
    return this.rounds.count === 0 ? null : this.rounds.sum / this.rounds.count;
  }

  addWork(nowMs: number, isDuplicated: boolean): void {
    const at = Math.floor(nowMs / MINUTE_MS);
    let last = this.minutes.at(-1);
    if (last?.at !== at) {
      last = { at, work: 0, duplicated: 0 };
      this.minutes.push(last);
      this.minutes = this.minutes.filter((minute) => minute.at > at - MINUTES);
    }
    last.work++;
    if (isDuplicated) last.duplicated++;
  }

  /** Null when nothing was done. */
  duplicatedShare(nowMs: number): number | null {
    const at = Math.floor(nowMs / MINUTE_MS);
    let work = 0;
    let duplicated = 0;
    for (const minute of this.minutes)
      if (minute.at > at - MINUTES) {
        work += minute.work;
        duplicated += minute.duplicated;
      }
    return work === 0 ? null : duplicated / work;
  }
}
