import { execFile, spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const CLI = fileURLToPath(new URL("../../packages/cli/src/main.ts", import.meta.url));

/** Where Debian puts sources of Go packages. */
const GOPATH = "/usr/share/gocode";
const PACKAGE = "github.com/prometheus/alertmanager";

/** Those that start several processes which speak to one another; Fleetlight is one process. */
export const NEEDS_PEERS: readonly string[] = ["TestClusterDeduplication", "TestClusterVSInstance"];

/** The folders of Alertmanager's own acceptance tests: by its API, and by amtool. */
export const SUITES = ["test/with_api_v2/acceptance", "test/cli/acceptance"] as const;
export type Suite = (typeof SUITES)[number];

/** Whether Debian's package with these tests is installed. */
export const isInstalled = (): boolean =>
  SUITES.every((suite) => existsSync(join(GOPATH, "src", PACKAGE, suite)));

/**
 * A test's clock begins before its Alertmanager is started, and the first alert comes a second later: on a machine with
 * other work to do Node has only just been loaded by then. The clock is set forward by this; nothing else is changed.
 */
const HEAD_START_SECONDS = 6;
const CLOCK = "opts.baseTime = time.Now()";

/** The files with the tests' clocks, as the compiler is to see them. */
function writeOverlay(directory: string, files: readonly string[]): string {
  const replaced: Record<string, string> = {};
  for (const [index, file] of files.entries()) {
    const source = join(GOPATH, "src", PACKAGE, file);
    const text = readFileSync(source, "utf8");
    if (!text.includes(CLOCK)) throw new Error(`${source} has no line "${CLOCK}"`);
    const shifted = `${CLOCK}.Add(${HEAD_START_SECONDS} * time.Second)`;
    const replacement = join(directory, `clock-${index}.go`);
    writeFileSync(replacement, text.replace(CLOCK, shifted));
    replaced[source] = replacement;
  }
  const overlay = join(directory, "overlay.json");
  writeFileSync(overlay, JSON.stringify({ Replace: replaced }));
  return overlay;
}

/** A result of one test, with everything that was said about it. */
export interface UpstreamResult {
  passed: boolean;
  output: string;
}

interface Built {
  directory: string;
  binary: (suite: Suite) => string;
}

/**
 * Compiles the tests without the network, and puts a shim where they look for the program that they test: a GOPATH
 * with `bin/prometheus-alertmanager` and `bin/amtool`.
 */
export async function build(go: string, amtool: string): Promise<Built> {
  const directory = mkdtempSync(join(tmpdir(), "fleetlight-acceptance-"));
  const binary = (suite: Suite): string => join(directory, `${suite.replaceAll("/", "-")}.test`);
  mkdirSync(join(directory, "bin"));
  const shim = join(directory, "bin", "prometheus-alertmanager");
  // amtool warns of another version than its own, and these tests read its warnings as if they were answers.
  const { stdout, stderr } = await promisify(execFile)(amtool, ["--version"]);
  const version = /version (\d+\.\d+\.\d+)/.exec(stdout + stderr)?.[1] ?? "";
  const env = `FLEETLIGHT_ALERTING__ALERTMANAGER_VERSION=${version}`;
  writeFileSync(shim, `#!/bin/sh\n${env} exec "${process.execPath}" "${CLI}" alertmanager "$@"\n`);
  chmodSync(shim, 0o755);
  symlinkSync(amtool, join(directory, "bin", "amtool"));
  const goEnv = { ...process.env, GO111MODULE: "off", GOPATH, GOFLAGS: "" };
  const overlay = writeOverlay(directory, [
    "test/with_api_v2/acceptance.go",
    "test/cli/acceptance.go",
  ]);
  const flags = ["-c", "-vet=off", "-ldflags=-s -w", "-overlay", overlay];
  for (const suite of SUITES)
    await promisify(execFile)(go, ["test", ...flags, "-o", binary(suite), `${PACKAGE}/${suite}`], {
      env: goEnv,
      maxBuffer: 10 * 1024 ** 2,
    });
  return { directory, binary };
}

/** Names of the tests that a suite has. */
export async function listTests({ directory, binary }: Built, suite: Suite): Promise<string[]> {
  const { stdout } = await promisify(execFile)(binary(suite), ["-test.list", ".*"], {
    env: { ...process.env, GOPATH: directory },
  });
  return stdout.split("\n").filter((line) => line.startsWith("Test"));
}

/**
 * Runs one test of a suite. Their times are exact to a tenth of a second, so that they do not run beside one another.
 */
export async function runTest(built: Built, suite: Suite, name: string): Promise<UpstreamResult> {
  const child = spawn(
    built.binary(suite),
    ["-test.v", "-test.timeout", "2m", "-test.run", `^${name}$`],
    { env: { ...process.env, GOPATH: built.directory }, stdio: ["ignore", "pipe", "pipe"] },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { passed: code === 0 && output.includes(`--- PASS: ${name}`), output };
}
