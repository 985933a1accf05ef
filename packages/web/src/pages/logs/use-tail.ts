import type { LogLine, TailDropped } from "@fleetlight/contract";
import { useEffect, useState } from "react";

import type { StreamEvent } from "../../api/event-stream.ts";
import { follow, type Phase } from "../../api/follow.ts";
import { tailUrl, type LogsAsking } from "../../api/logs.ts";

/** Lines of a tail that are kept; of more the oldest go. */
const MAX_LINES = 5000;

export interface Tail {
  /** Newest first. */
  lines: LogLine[];
  /** Lines that came faster than they could be sent. */
  dropped: number;
  phase: Phase;
}

const NOTHING: Tail = { lines: [], dropped: 0, phase: "connecting" };

function hear(old: Tail, { event, data }: StreamEvent): Tail {
  if (event === "dropped") return { ...old, dropped: (data as TailDropped).total };
  if (event !== "lines") return old;
  const fresh = (data as LogLine[]).toReversed();
  return { ...old, lines: [...fresh, ...old.lines].slice(0, MAX_LINES) };
}

/** Lines as they come while `isOn`; those that came stay when it ends. */
export const useTail = (search: LogsAsking, isOn: boolean): Tail => {
  const url = tailUrl(search);
  const [state, setState] = useState<{ url: string; tail: Tail }>({ url, tail: NOTHING });
  useEffect(() => {
    if (!isOn) return undefined;
    const on = (change: (old: Tail) => Tail) =>
      setState((old) => ({ url, tail: change(old.url === url ? old.tail : NOTHING) }));
    return follow(url, {
      onEvents: (events) => on((old) => events.reduce(hear, old)),
      onPhase: (phase) => on((old) => ({ ...old, phase })),
    });
  }, [url, isOn]);
  return state.url === url ? state.tail : NOTHING;
};
