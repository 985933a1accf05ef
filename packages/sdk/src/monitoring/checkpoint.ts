import type { Checkpoint } from "@fleetlight/contract";

import type { CheckpointQuestion } from "../client/index.ts";
import { nameOf } from "./operation.ts";

/** Thrown by `checkpoint` when the server says to stop. Catch it where the agent's loop ends. */
export class BudgetExceeded extends Error {
  readonly code = "budget_exceeded";
  /** Why, and what each budget has left. */
  readonly checkpoint: Checkpoint;

  constructor(checkpoint: Checkpoint) {
    const reasons = checkpoint.reasons.map(({ message }) => message).join("; ");
    super(reasons === "" ? "the server says to stop" : reasons);
    this.name = "BudgetExceeded";
    this.checkpoint = checkpoint;
  }
}

export type CheckpointOptions = {
  /** `throw` (when left out) throws BudgetExceeded when the answer is no; `return` only answers. */
  onStop?: "throw" | "return";
  /** Milliseconds for which an answer is used again; 2,000 when left out. */
  cacheMs?: number;
  /** Milliseconds that the host waits for an answer; 500 when left out. */
  timeoutMs?: number;
};

/** `asked` is false when the server did not answer in time: then the work may go on. */
export type CheckpointAnswer = Checkpoint & { asked: boolean };

const DEFAULT_CACHE_MS = 2000;
const DEFAULT_TIMEOUT_MS = 500;
/** After a question without an answer nobody is asked for this long: an agent's loop must not wait in each turn. */
const REST_MS = 5000;
/** Of whom answers are remembered; the oldest is forgotten first. */
const MAX_REMEMBERED = 1000;

const UNKNOWN: CheckpointAnswer = { continue: true, reasons: [], budgets: [], asked: false };

type Ask = (question: CheckpointQuestion) => Promise<Checkpoint>;
type Remembered = { answer: CheckpointAnswer; untilMs: number };

/** Asks the server whether work may go on. A server that is away never stops it, and never holds it up for long. */
export class Checkpoints {
  readonly #ask: Ask;
  readonly #options: CheckpointOptions;
  readonly #nowMs: () => number;
  readonly #remembered = new Map<string, Remembered>();
  readonly #running = new Map<string, Promise<CheckpointAnswer>>();
  #restUntilMs = 0;
  unanswered = 0;

  constructor(ask: Ask, options: CheckpointOptions, nowMs: () => number) {
    this.#ask = ask;
    this.#options = options;
    this.#nowMs = nowMs;
  }

  /** @throws BudgetExceeded, and nothing else. */
  async check(
    question: CheckpointQuestion,
    options: CheckpointOptions = {},
  ): Promise<CheckpointAnswer> {
    const { onStop, cacheMs, timeoutMs } = { ...this.#options, ...options };
    const asked = textsOf(question);
    const answer = await this.#answer(
      JSON.stringify(Object.entries(asked).toSorted()),
      asked,
      cacheMs ?? DEFAULT_CACHE_MS,
      timeoutMs ?? DEFAULT_TIMEOUT_MS,
    );
    if (!answer.continue && onStop !== "return") throw new BudgetExceeded(answer);
    return answer;
  }

  async #answer(
    key: string,
    question: CheckpointQuestion,
    cacheMs: number,
    timeoutMs: number,
  ): Promise<CheckpointAnswer> {
    const nowMs = this.#nowMs();
    const known = this.#remembered.get(key);
    if (known !== undefined && nowMs < known.untilMs) return known.answer;
    if (nowMs < this.#restUntilMs) return this.#whenUnanswered(known);
    let running = this.#running.get(key);
    if (running === undefined) {
      running = this.#fetch(key, question, cacheMs);
      this.#running.set(key, running);
      void running.finally(() => this.#running.delete(key)).catch(() => {});
    }
    try {
      return await inTime(running, timeoutMs);
    } catch {
      this.unanswered++;
      this.#restUntilMs = this.#nowMs() + REST_MS;
      return this.#whenUnanswered(known);
    }
  }

  /** Who was stopped stays stopped while the server is away: a crash must not lift a limit. */
  #whenUnanswered(known: Remembered | undefined): CheckpointAnswer {
    return known?.answer.continue === false ? known.answer : UNKNOWN;
  }

  async #fetch(
    key: string,
    question: CheckpointQuestion,
    cacheMs: number,
  ): Promise<CheckpointAnswer> {
    const { continue: may, reasons, budgets } = await this.#ask(question);
    const answer = {
      continue: may !== false,
      reasons: reasons ?? [],
      budgets: budgets ?? [],
      asked: true,
    };
    this.#remembered.delete(key);
    this.#remembered.set(key, { answer, untilMs: this.#nowMs() + cacheMs });
    if (this.#remembered.size > MAX_REMEMBERED) {
      const [oldest] = this.#remembered.keys();
      if (oldest !== undefined) this.#remembered.delete(oldest);
    }
    this.#restUntilMs = 0;
    return answer;
  }
}

/** Callers without types may ask for anything. */
const textsOf = (question: CheckpointQuestion): CheckpointQuestion =>
  Object.fromEntries(Object.entries(question).map(([name, value]) => [name, nameOf(value)]));

async function inTime<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("no answer in time")), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
