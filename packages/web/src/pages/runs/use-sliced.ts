import { useEffect, useState } from "react";

import { inSlices, type Steps } from "./slices.ts";

/** What work in slices comes to; what it came to before while it goes on, and undefined at first. */
export function useSliced<T>(work: () => Steps<T>): T | undefined {
  const [result, setResult] = useState<T>();
  useEffect(() => {
    const stop = new AbortController();
    void inSlices(work(), { signal: stop.signal }).then((value) => {
      if (value !== undefined && !stop.signal.aborted) setResult(() => value);
    });
    return () => stop.abort();
  }, [work]);
  return result;
}
