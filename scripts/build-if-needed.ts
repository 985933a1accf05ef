import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** What the built console depends on; directories count with everything in them. */
const SOURCES = [
  "packages/web/src",
  "packages/web/public",
  "packages/web/index.html",
  "packages/web/vite.config.ts",
  "packages/web/package.json",
  "packages/contract/src",
];
const BUILT = "packages/web/dist/index.html";

/** Files under a path that are newer than a time; test files are not part of the console. */
function newerThan(path: string, timeMs: number): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return undefined;
  if (!stat.isDirectory())
    return stat.mtimeMs > timeMs && !/\.test\.tsx?$/.test(path) ? path : undefined;
  for (const name of readdirSync(path)) {
    const newer = newerThan(join(path, name), timeMs);
    if (newer !== undefined) return newer;
  }
  return undefined;
}

/** Why the console has to be built, or undefined when what is there is newer than its sources. */
export function reasonToBuild(root: string): string | undefined {
  const built = statSync(join(root, BUILT), { throwIfNoEntry: false });
  if (!built) return "it is not built yet";
  for (const source of SOURCES) {
    const newer = newerThan(join(root, source), built.mtimeMs);
    if (newer !== undefined) return `${relative(root, newer)} has changed`;
  }
  return undefined;
}

/** Builds beside the old console and puts it in place at once: a running server never serves half of one. */
function build(root: string): number {
  const web = join(root, "packages/web");
  const fresh = `dist.${process.pid}`;
  const vite = join(
    dirname(createRequire(import.meta.url).resolve("vite/package.json")),
    "bin/vite.js",
  );
  const args = [vite, "build", web, "--outDir", fresh, "--emptyOutDir", "--logLevel", "warn"];
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
  try {
    if (status !== 0 || !existsSync(join(web, fresh, "index.html")))
      return status === 0 ? 1 : (status ?? 1);
    rmSync(join(web, "dist"), { recursive: true, force: true });
    renameSync(join(web, fresh), join(web, "dist"));
    return 0;
  } finally {
    rmSync(join(web, fresh), { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const reason = reasonToBuild(root);
  if (reason !== undefined) {
    process.stderr.write(`Building the console: ${reason}.\n`);
    const started = performance.now();
    process.exitCode = build(root);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    process.stderr.write(
      process.exitCode === 0 ? `Built in ${seconds} s.\n` : "The console could not be built.\n",
    );
  }
}
