/** Services that are looked at from one. */
const MAX_RELATED = 200;

/** Which services each service depends on. */
export type Dependencies = ReadonlyMap<string, readonly string[]>;

function reach(from: string, edges: Dependencies): Set<string> {
  const seen = new Set<string>([from]);
  for (const service of seen) {
    for (const next of edges.get(service) ?? []) if (seen.size <= MAX_RELATED) seen.add(next);
  }
  seen.delete(from);
  return seen;
}

/** The services that a service depends on, directly or not, and those that depend on it; without itself. */
export function relatedServices(service: string, edges: Dependencies): Set<string> {
  const reversed = new Map<string, string[]>();
  for (const [from, targets] of edges) {
    for (const target of targets) {
      const sources = reversed.get(target) ?? [];
      sources.push(from);
      reversed.set(target, sources);
    }
  }
  return new Set([...reach(service, edges), ...reach(service, reversed)]);
}
