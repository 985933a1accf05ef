import type { LogLine, TailDropped } from "@fleetlight/contract";
import { useEffect, useState } from "react";

import { EventCutter, type StreamEvent } from "../../api/event-stream.ts";
import { tailUrl, type LogsAsking } from "../../api/logs.ts";
import { readToken } from "../../api/token.ts";

/** Lines of a tail that are kept; of more the oldest go. */
const MAX_LINES = 5000;
const RETRY_MS = 3000;

export interface Tail {
  /** Newest first. */
  lines: LogLine[];
  /** Lines that came faster than they could be sent. */
  dropped: number;
  phase: "connecting" | "live" | "down";
}

const NOTHING: Tail = { lines: [], dropped: 0, phase: "connecting" };

function hear(old: Tail, { event, data }: StreamEvent): Tail {
  if (event === "dropped") return { ...old, dropped: (data as TailDropped).total };
  if (event !== "lines") return old;
  const fresh = (data as LogLine[]).toReversed();
  return { ...old, lines: [...fresh, ...old.lines].slice(0, MAX_LINES) };
}

async function read(
  url: string,
  signal: AbortSignal,
  on: (change: (old: Tail) => Tail) => void,
): Promise<void> {
  const token = readToken();
  // Not an EventSource, which cannot send a token.
  const answer = await fetch(url, {
    signal,
    headers: token === null ? {} : { Authorization: `Bearer ${token}` },
  });
  if (!answer.ok || answer.body === null) throw new Error(`the server answered ${answer.status}`);
  on((old) => ({ ...old, phase: "live" }));
  const cutter = new EventCutter();
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const events = cutter.take(value);
    if (events.length > 0) on((old) => events.reduce(hear, old));
  }
}

/** Lines as they come, as long as `url` is given; connects again by itself. */
function follow(url: string, on: (change: (old: Tail) => Tail) => void): () => void {
  const stop = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const run = () =>
    void read(url, stop.signal, on)
      .catch(() => {})
      .finally(() => {
        if (stop.signal.aborted) return;
        on((old) => ({ ...old, phase: "down" }));
        timer = setTimeout(run, RETRY_MS);
      });
  run();
  return () => {
    stop.abort();
    clearTimeout(timer);
  };
}

/** Lines as they come while `isOn`; those that came stay when it ends. */
export const useTail = (search: LogsAsking, isOn: boolean): Tail => {
  const url = tailUrl(search);
  const [state, setState] = useState<{ url: string; tail: Tail }>({ url, tail: NOTHING });
  useEffect(() => {
    if (!isOn) return undefined;
    return follow(url, (change) =>
      setState((old) => ({ url, tail: change(old.url === url ? old.tail : NOTHING) })),
    );
  }, [url, isOn]);
  return state.url === url ? state.tail : NOTHING;
};
