/** Something that the search can lead to. */
export interface Hit {
  key: string;
  kind: "Page" | "Service" | "Agent" | "Alert" | "Metric" | "Action";
  title: string;
  hint: string;
  /** Address inside the console. */
  href: string;
}

/** How well `text` answers `query`: 0 not at all, more is better. Beginnings beat middles, short texts beat long ones. */
export const score = (query: string, text: string): number => {
  const wanted = query.trim().toLowerCase();
  const within = text.toLowerCase();
  if (wanted === "") return 1;
  const at = within.indexOf(wanted);
  if (at === 0) return 1000 - within.length;
  if (at > 0)
    return (/[\s_.:-]/.test(within[at - 1] ?? "") ? 600 : 300) - Math.min(200, within.length);
  // Words in any order: `cpu node` finds node_cpu_seconds_total.
  const words = wanted.split(/[\s_.:-]+/).filter(Boolean);
  return words.length > 1 && words.every((word) => within.includes(word)) ? 50 : 0;
};

/** The best hits for a query, at most `limit`, and at most `perKind` of one kind so that none crowds out the rest. */
export const find = (query: string, hits: Hit[], limit = 14, perKind = 6): Hit[] => {
  const taken = new Map<string, number>();
  return hits
    .map((hit) => ({
      hit,
      points: Math.max(score(query, hit.title), score(query, hit.hint) * 0.5),
    }))
    .filter(({ points }) => points > 0)
    .toSorted((a, b) => b.points - a.points)
    .filter(({ hit }) => {
      const count = (taken.get(hit.kind) ?? 0) + 1;
      taken.set(hit.kind, count);
      return count <= perKind;
    })
    .slice(0, limit)
    .map(({ hit }) => hit);
};
