/** Signals closer together than this are one: npm passes on the Ctrl-C that the terminal has sent to everybody. */
const SAME_SIGNAL_MS = 500;

export interface StopSignal {
  /** Resolves with the signal's name when the process is asked to stop. */
  requested: Promise<NodeJS.Signals>;
  /** No longer listens. */
  release: () => void;
}

/**
 * Listens for SIGTERM and SIGINT. The first resolves `requested`; a second one, from somebody who does not want to
 * wait, calls `force`.
 */
export function listenForStop(force: () => void): StopSignal {
  let firstAt: number | undefined;
  let resolveRequested: (signal: NodeJS.Signals) => void;
  const requested = new Promise<NodeJS.Signals>((resolve) => {
    resolveRequested = resolve;
  });
  const onSignal = (signal: NodeJS.Signals): void => {
    const at = performance.now();
    if (firstAt === undefined) {
      firstAt = at;
      resolveRequested(signal);
    } else if (at - firstAt > SAME_SIGNAL_MS) {
      force();
    }
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
  return {
    requested,
    release: () => {
      process.off("SIGTERM", onSignal);
      process.off("SIGINT", onSignal);
    },
  };
}

/** Runs `stop`, but not for longer than the limit. @returns whether it ended by itself. */
export async function stopWithin(limitMs: number, stop: () => Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), limitMs);
  });
  try {
    return await Promise.race([stop().then(() => true), limit]);
  } finally {
    clearTimeout(timer);
  }
}
