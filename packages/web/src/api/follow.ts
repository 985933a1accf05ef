import { EventCutter, type StreamEvent } from "./event-stream.ts";
import { readToken } from "./token.ts";

const RETRY_MS = 3000;

/** Whether what is followed comes at the moment. */
export type Phase = "connecting" | "live" | "down";

interface Follower {
  onEvents: (events: readonly StreamEvent[]) => void;
  onPhase: (phase: Phase) => void;
}

async function read(url: string, signal: AbortSignal, follower: Follower): Promise<void> {
  const token = readToken();
  // Not an EventSource, which cannot send a token.
  const answer = await fetch(url, {
    signal,
    headers: token === null ? {} : { Authorization: `Bearer ${token}` },
  });
  if (!answer.ok || answer.body === null) throw new Error(`the server answered ${answer.status}`);
  follower.onPhase("live");
  const cutter = new EventCutter();
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const events = cutter.take(value);
    if (events.length > 0) follower.onEvents(events);
  }
}

/** Server-sent events as they come, until the answer is called; connects again by itself. */
export function follow(url: string, follower: Follower): () => void {
  const stop = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const run = () =>
    void read(url, stop.signal, follower)
      .catch(() => {})
      .finally(() => {
        if (stop.signal.aborted) return;
        follower.onPhase("down");
        timer = setTimeout(run, RETRY_MS);
      });
  run();
  return () => {
    stop.abort();
    clearTimeout(timer);
  };
}
