import { execFileSync } from "node:child_process";
import { globSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

import { findPeer } from "../peer.ts";

const promtool = findPeer("rule sets that come with Fleetlight", "promtool");
const PROFILES = fileURLToPath(new URL("../../profiles", import.meta.url));
const files = globSync(join(PROFILES, "*/rules/alerts.yml")).toSorted();

describe.skipIf(promtool === undefined)("promtool", () => {
  it.each(files)("takes %s, and its tests pass there as well", (file) => {
    const options = { cwd: dirname(file), stdio: "pipe", timeout: 30_000 } as const;
    const check = execFileSync(promtool ?? "", ["check", "rules", basename(file)], options);
    expect(String(check)).toMatch(/SUCCESS: \d+ rules found/);
    const test = execFileSync(promtool ?? "", ["test", "rules", "alerts.test.yml"], options);
    expect(String(test)).toContain("SUCCESS");
  });
});
