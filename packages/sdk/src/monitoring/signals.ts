import { constants } from "node:os";

type End = () => Promise<unknown>;

/** Who sends what waits before a signal ends the process; one listener for all of them. */
const ends = new Map<NodeJS.Signals, Set<End>>();

/**
 * Calls `end` when one of the signals comes, and lets the signal end the process afterwards, as it would have done without a
 * listener: whoever waits for the process sees the signal. Where somebody else listens nothing happens: the end is theirs.
 * A second signal does not wait. The answer takes it back.
 * @throws Error when there is no such signal, or none that can be listened to.
 */
export function onSignals(signals: readonly NodeJS.Signals[], end: End): () => void {
  for (const signal of signals) {
    const others = ends.get(signal);
    if (others !== undefined) {
      others.add(end);
      continue;
    }
    process.on(signal, onSignal);
    ends.set(signal, new Set([end]));
  }
  return () => {
    for (const signal of signals) {
      const left = ends.get(signal);
      if (left?.delete(end) === true && left.size === 0) forget(signal);
    }
  };
}

function forget(signal: NodeJS.Signals): void {
  ends.delete(signal);
  process.off(signal, onSignal);
}

function onSignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  const mine = [...(ends.get(signal) ?? [])];
  forget(signal);
  void Promise.allSettled(mine.map((end) => end())).then(() => {
    process.kill(process.pid, signal);
    // The kernel spares the first process of a container, which has no parent to tell.
    if (process.pid === 1) process.exit(128 + constants.signals[signal]);
  });
}
