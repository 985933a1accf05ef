import { describe, expect, it } from "vitest";

import { knownFailures } from "./known-failures.ts";
import { playScript } from "./play.ts";
import { findShared, loadKit, readScript, suiteFiles } from "./shared-kit.ts";

const shared = findShared();
if (shared === undefined) console.warn("shared/promql is absent: Prometheus' scripts are skipped");

/**
 * Prometheus' own test scripts, of the versions 3.5 and 3.14. What fails is listed, and the list must be exact: a case
 * that passes at last has to be taken out.
 */
describe.skipIf(shared === undefined)("Prometheus' scripts", async () => {
  const root = shared ?? "";
  const kit = shared === undefined ? undefined : await loadKit(shared);
  for (const suite of ["suite-3.5", "suite-3.14"] as const) {
    const files = kit ? suiteFiles(`${root}${suite}`) : [];
    it.for(files.map((path) => [path.slice(root.length), path] as const))(
      "%s gives what is expected",
      { timeout: 60_000 },
      async ([, path]) => {
        if (!kit) return;
        const played = await playScript(kit, path, readScript(path), { rangeCheck: true });
        expect(played.length).toBeGreaterThan(0);
        const wrong = played.filter(({ why }) => why !== undefined);
        const known = knownFailures[suite];
        const ids = new Set(played.map(({ id }) => id));
        const unexpected = wrong.filter(({ id }) => !known.has(id));
        expect(unexpected.map(({ id, text, why }) => `${id} ${text}\n${why}`)).toEqual([]);
        const failed = new Set(wrong.map(({ id }) => id));
        const cured = [...known].filter((id) => ids.has(id) && !failed.has(id));
        expect(cured, "these pass now: take them out of known-failures.ts").toEqual([]);
        // A list of exceptions is only for what changed between the versions.
        expect(wrong.filter(({ tags }) => !tags.includes("native-histogram"))).toEqual([]);
      },
    );
  }
});
