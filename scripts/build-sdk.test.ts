import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { buildSdk } from "./build-sdk.ts";

/** What the SDK may weigh, packed. */
const MAX_PACKED_BYTES = 60_000;

const directory = mkdtempSync(join(tmpdir(), "fleetlight-sdk-"));
const built = join(directory, "node_modules/@fleetlight/sdk");
const run = (command: string, args: string[]): string =>
  execFileSync(command, args, { cwd: directory, encoding: "utf8" });

beforeAll(() => buildSdk(built));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("the SDK as it is published", () => {
  it("is light, and needs nothing to be installed with it", () => {
    const [packed] = JSON.parse(run("npm", ["pack", "--json", "--dry-run", built])) as [
      { size: number; files: { path: string }[] },
    ];
    expect(packed.size).toBeLessThan(MAX_PACKED_BYTES);
    expect(
      packed.files.map(({ path }) => path).filter((path) => /test|fixture/.test(path)),
    ).toEqual([]);
    const manifest = JSON.parse(readFileSync(join(built, "package.json"), "utf8")) as object;
    expect(manifest).not.toHaveProperty("dependencies");
    expect(manifest).not.toHaveProperty("private");
  });

  it("has a client for browsers that asks for nothing of Node's", () => {
    const entry = readFileSync(join(built, "browser.js"), "utf8");
    const shared = readFileSync(join(built, "shared.js"), "utf8");
    expect(`${entry}${shared}`).not.toMatch(/from ?"node:|require\(/);
    expect(shared).not.toMatch(/\bprocess\./);
  });

  it("has types that stand for themselves", () => {
    writeFileSync(join(directory, "package.json"), '{"type":"module"}');
    writeFileSync(
      join(directory, "use.ts"),
      `import { createMonitoring, type SystemHealth } from "@fleetlight/sdk";
       import { createFleetlightClient } from "@fleetlight/sdk/client";
       const fleet = createMonitoring({ url: "http://127.0.0.1:1", service: "a" });
       const length: Promise<number> = fleet.traceTask({ agent: "a" }, async (task) => task.traceId.length);
       const health: Promise<SystemHealth> = fleet.getSystemHealth();
       const rate = (await fleet.getAgentPerformance("a"))?.current.success_rate;
       const client = createFleetlightClient({ url: "http://127.0.0.1:1" });
       const may: boolean = (await client.checkpoint({ agent: "a" })).continue;
       // @ts-expect-error a task has no such field
       fleet.startTask({ agnet: "a" });
       const known: number | null | undefined = rate;
       console.log(length, health, known, may);`,
    );
    const options = {
      target: "es2023",
      module: "nodenext",
      strict: true,
      noEmit: true,
      skipLibCheck: false,
      types: ["node"],
      typeRoots: [fileURLToPath(new URL("../node_modules/@types", import.meta.url))],
    };
    writeFileSync(
      join(directory, "tsconfig.json"),
      JSON.stringify({ compilerOptions: options, files: ["use.ts"] }),
    );
    const tsc = fileURLToPath(new URL("bin/tsc", import.meta.resolve("typescript/package.json")));
    expect(run(process.execPath, [tsc, "-p", directory])).toBe("");
  });

  // The oldest Node that is supported, where the machine has it.
  const old = ["/usr/bin/node", "/usr/local/bin/node"].find(
    (path) =>
      existsSync(path) && execFileSync(path, ["-v"], { encoding: "utf8" }).startsWith("v20."),
  );
  it.each([
    ["this Node", process.execPath],
    ["Node 20", old],
  ])("runs in %s", (_, node) => {
    if (node === undefined) return;
    writeFileSync(
      join(directory, "use.mjs"),
      `import { createServer } from "node:http";
       import { createMonitoring, expressMonitoring } from "@fleetlight/sdk";
       const server = createServer((request, response) => {
         if (request.url === "/v1/traces") console.log("spans arrive");
         request.resume().on("end", () => response.end());
       });
       await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
       const url = "http://127.0.0.1:" + server.address().port;
       const fleet = createMonitoring({ url, service: "a", exitSignals: ["SIGTERM"] });
       const id = await fleet.traceAgentOperation("a", "b", async (operation) => operation.traceId);
       console.log(id.length, fleet.stats().spans.queued, typeof expressMonitoring(fleet));
       await fleet.flush();
       fleet.traceAgentOperation("a", "c", () => {});
       process.kill(process.pid, "SIGTERM");`,
    );
    const { stdout, signal } = spawnSync(node, ["use.mjs"], { cwd: directory, encoding: "utf8" });
    expect(signal).toBe("SIGTERM");
    expect(stdout).toBe("32 1 function\nspans arrive\nspans arrive\n");
  });
});
