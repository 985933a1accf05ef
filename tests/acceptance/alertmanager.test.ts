import { rmSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { findProgram } from "../peer.ts";
import { build, isInstalled, listTests, NEEDS_PEERS, runTest, SUITES } from "./upstream.ts";

/** They take minutes to compile and to run, so that continuous integration may leave them out. */
const go = isInstalled() ? findProgram("go") : undefined;
const amtool = findProgram("amtool");
if (go === undefined || amtool === undefined)
  console.warn(
    "SKIPPED acceptance tests of Alertmanager: see docs/alertmanager.md for what to install",
  );

/** What the suites of 0.25 have; a test that is missing must not pass by not being there. */
const TESTS = [
  [
    SUITES[0],
    [
      "TestAlertGetReturnsCurrentAlertStatus",
      "TestFilterAlertRequest",
      "TestInhibiting",
      "TestAlwaysInhibiting",
      "TestMergeAlerts",
      "TestMergeAlertsWithEndsAt",
      "TestRepeat",
      "TestRetry",
      "TestBatching",
      "TestResolved",
      "TestResolvedFilter",
      "TestReload",
      "TestSilencing",
      "TestSilenceDelete",
      "TestWebWithPrefix",
    ],
  ],
  [SUITES[1], ["TestAmtoolVersion", "TestAddAlert", "TestQueryAlert", "TestQuerySilence"]],
] as const;

describe.skipIf(go === undefined || amtool === undefined)(
  "acceptance tests of Alertmanager",
  () => {
    let built: Awaited<ReturnType<typeof build>>;
    beforeAll(async () => {
      built = await build(go ?? "", amtool ?? "");
    }, 600_000);
    afterAll(() => rmSync(built.directory, { recursive: true, force: true }));

    it.each(TESTS)("%s has no others", async (suite, names) => {
      const found = (await listTests(built, suite)).filter((name) => !NEEDS_PEERS.includes(name));
      expect(found.toSorted()).toEqual([...names].toSorted());
    });

    describe.each(TESTS)("%s", (suite, names) => {
      it.each(names)(
        "%s",
        async (name) => {
          const { passed, output } = await runTest(built, suite, name);
          expect(passed, output.slice(-20_000)).toBe(true);
        },
        150_000,
      );
    });
  },
);
