import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { afterEach, expect, it } from "vitest";

import { lockDataDirectory } from "./lock.ts";

const directory = mkdtempSync(join(tmpdir(), "fleetlight-lock-"));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

it("refuses a second owner until the first gives the directory back", () => {
  const unlock = lockDataDirectory(directory);
  expect(() => lockDataDirectory(directory)).toThrow(
    /another Fleetlight process uses the data directory/,
  );
  unlock();
  lockDataDirectory(directory)();
});

it("is free again after its owner was killed", async () => {
  const module = fileURLToPath(new URL("./lock.ts", import.meta.url));
  const script = `const { lockDataDirectory } = await import(${JSON.stringify(module)});
    // What nobody holds is collected, and the lock with it.
    globalThis.unlock = lockDataDirectory(${JSON.stringify(directory)}); console.log("locked"); setInterval(() => {}, 1000);`;
  const server = fileURLToPath(new URL("../..", import.meta.url));
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    cwd: server,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  try {
    await once(child.stdout, "data");
    expect(() => lockDataDirectory(directory)).toThrow(/--data-dir/);
  } finally {
    child.kill("SIGKILL");
    await exited;
  }
  lockDataDirectory(directory)();
});

it("says which directory cannot be written", () => {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, "file");
  writeFileSync(file, "");
  expect(() => lockDataDirectory(join(file, "data"))).toThrow(
    `cannot write to the data directory ${join(file, "data")}: ENOTDIR`,
  );
});
