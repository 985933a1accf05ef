import type { ComparedNode } from "@fleetlight/contract";

import { formatValue } from "../../format/units.ts";

/** How the other run differs at a place. */
export interface Change {
  kind: "gone" | "new" | "slower" | "faster" | "broken" | "mended" | "same";
  words: string;
}

/** Less than this share of either, or less than a millisecond, is no difference. */
const NOTABLE_SHARE = 0.1;
const NOTABLE_SECONDS = 0.001;

/** What became of a place of this run (`a`) in the other (`b`). Failing counts more than lasting. */
export function changeOf(a: ComparedNode["a"], b: ComparedNode["b"]): Change {
  if (b === null) return { kind: "gone", words: "only in this run" };
  if (a === null) return { kind: "new", words: "only in the other" };
  if (b.errors > 0 && a.errors === 0) return { kind: "broken", words: "fails in the other" };
  if (a.errors > 0 && b.errors === 0) return { kind: "mended", words: "fails in this run" };
  const by = b.seconds - a.seconds;
  const most = Math.max(a.seconds, b.seconds);
  if (Math.abs(by) < Math.max(NOTABLE_SECONDS, most * NOTABLE_SHARE))
    return { kind: "same", words: "as long" };
  const size = formatValue(Math.abs(by), "seconds");
  return by > 0
    ? { kind: "slower", words: `${size} longer` }
    : { kind: "faster", words: `${size} shorter` };
}
