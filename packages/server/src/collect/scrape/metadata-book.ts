import type { MetricMetadata } from "#store";

type Described = ReadonlyMap<string, MetricMetadata>;

/** Distinct pages that are compared with: a fleet has few kinds of services. */
const MAX_KINDS = 32;

function isSame(a: Described, b: Described): boolean {
  if (a.size !== b.size) return false;
  for (const [metric, { type, unit, help }] of a) {
    const other = b.get(metric);
    if (other?.type !== type || other.unit !== unit || other.help !== help) return false;
  }
  return true;
}

/**
 * Shares what pages say of their metrics: a thousand targets of one kind would keep a thousand copies of the same help
 * texts otherwise.
 */
export function createMetadataBook(): (described: Described) => Described {
  let kinds: Described[] = [];
  return (described) => {
    const at = kinds.findIndex((kind) => isSame(kind, described));
    const known = kinds[at] ?? described;
    // The latest used comes first, so that what nobody shows any more falls off the end.
    if (at !== 0) kinds = [known, ...kinds.filter((_, index) => index !== at)].slice(0, MAX_KINDS);
    return known;
  };
}
