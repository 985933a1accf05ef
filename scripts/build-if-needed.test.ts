import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { reasonToBuild } from "./build-if-needed.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "fleetlight-build-"));
  write("packages/web/src/app/page.tsx", 100);
  write("packages/web/index.html", 100);
  write("packages/contract/src/index.ts", 100);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, timeSeconds: number): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, "x");
  utimesSync(file, timeSeconds, timeSeconds);
}

describe("reasonToBuild", () => {
  it("is that nothing is built on a fresh clone", () => {
    expect(reasonToBuild(root)).toBe("it is not built yet");
  });

  it("is nothing when the console is newer than its sources", () => {
    write("packages/web/dist/index.html", 200);
    expect(reasonToBuild(root)).toBeUndefined();
  });

  it.each([
    "packages/web/src/app/page.tsx",
    "packages/web/index.html",
    "packages/contract/src/index.ts",
    "packages/web/src/new/deep/a.css",
  ])("names %s when it is newer", (path) => {
    write("packages/web/dist/index.html", 200);
    write(path, 300);
    expect(reasonToBuild(root)).toBe(`${path} has changed`);
  });

  it("does not care for tests and for other packages", () => {
    write("packages/web/dist/index.html", 200);
    write("packages/web/src/app/page.test.tsx", 300);
    write("packages/server/src/index.ts", 300);
    expect(reasonToBuild(root)).toBeUndefined();
  });
});
