import { histogramStep } from "../histogram/index.ts";
import { warnMixedFloatsHistograms } from "./remarks.ts";
import { startReset } from "./start-time.ts";
import type { RangeFunction } from "./types.ts";

/** The difference of the last two samples; of counters per second, and from zero after a reset. */
function lastTwo(isRate: boolean): RangeFunction {
  return {
    run(window, call) {
      const { times, values, histograms, from, to } = window;
      const last = to - 1;
      if (last <= from) return false;
      if (histograms !== undefined) {
        const mixed = (histograms[last] === undefined) !== (histograms[last - 1] === undefined);
        if (mixed) {
          warnMixedFloatsHistograms(call, window.labels);
          return false;
        }
        if (histograms[last] !== undefined) {
          window.histogram = histogramStep(window, call, isRate);
          return window.histogram !== undefined;
        }
      }
      const value = values[last] as number;
      const before = values[last - 1] as number;
      const reset = isRate && (value < before || startReset(window, last));
      const difference = reset ? value : value - before;
      const seconds = ((times[last] as number) - (times[last - 1] as number)) / 1000;
      window.value = isRate ? difference / seconds : difference;
      return true;
    },
  };
}

export const irate: RangeFunction = lastTwo(true);
export const idelta: RangeFunction = lastTwo(false);
