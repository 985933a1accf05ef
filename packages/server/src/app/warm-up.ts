import type { RequestListener } from "node:http";
import { setImmediate as nextTurn } from "node:timers/promises";

import { DEFAULT_TENANT, describeError, type Logger } from "#lib";
import type { MetricStore } from "#store";

import { OwnDoor } from "./own-door.ts";
import { warmQuestions } from "./warm-questions.ts";

/** Rounds over the questions: V8 compiles a hot path well after its hundredth call, and not much is left after that. */
const ROUNDS = 100;
/** The server is ready after this long, warm or not. */
const LONGEST_MS = 8000;

interface WarmUpOptions {
  metrics: MetricStore;
  /** Answers a request as the open doors do. */
  answer: RequestListener;
  logger: Logger;
}

/**
 * Asks the API what dashboards will ask, about what is in the store, so that V8 has compiled the way when they do: the first
 * answers after a start then cost a third. Nothing of it is counted, limited or kept. It gives way to real requests after
 * each of its own, and ends when `signal` aborts or after a few seconds.
 */
export async function warmUp(
  { metrics, answer, logger }: WarmUpOptions,
  signal: AbortSignal,
): Promise<void> {
  const startedMs = performance.now();
  const isOver = () => signal.aborted || performance.now() - startedMs > LONGEST_MS;
  const door = new OwnDoor(answer);
  try {
    await door.open();
    const rounds = warmQuestions(metrics, DEFAULT_TENANT);
    for (let round = 0; round < ROUNDS; round++)
      for (const question of rounds[round % rounds.length] ?? []) {
        if (isOver()) break;
        const status = await door.ask(question);
        if (status !== 200) throw new Error(`${question} answered ${status}`);
        await nextTurn();
      }
    logger.debug("the API is warm");
  } catch (error) {
    logger.warn({ error: describeError(error) }, "the API was not warmed up");
  } finally {
    door.close();
  }
}
