import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { stripTypeScriptTypes } from "node:module";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { buildSdk } from "../scripts/build-sdk.ts";
import type { SdkFigures } from "./support/sdk-subject.ts";
import { mib, printGrid } from "./support/table.ts";

export const describe = "what the SDK costs its host, beside prom-client and OpenTelemetry's SDK";

const SUBJECT = fileURLToPath(new URL("support/sdk-subject.ts", import.meta.url));
/** Below the packages that the subject asks for. */
const DIRECTORY = fileURLToPath(new URL("../node_modules/.cache/sdk-bench", import.meta.url));
const COMPILED = join(DIRECTORY, "sdk-subject.mjs");
const SDK = join(DIRECTORY, "sdk");
const run$ = promisify(execFile);

/** What is measured is what is published, in a process that does not compile TypeScript: that would take memory of its own. */
async function build(): Promise<void> {
  rmSync(DIRECTORY, { recursive: true, force: true });
  mkdirSync(DIRECTORY, { recursive: true });
  await buildSdk(SDK);
  writeFileSync(COMPILED, stripTypeScriptTypes(readFileSync(SUBJECT, "utf8")));
}

/** Each figure comes from a process of its own, one after the other. */
async function measure(library: string, what: string, url: string): Promise<SdkFigures> {
  const args = ["--expose-gc", COMPILED, library, what, url, join(SDK, "index.js")];
  const { stdout } = await run$(process.execPath, args, { maxBuffer: 1 << 20 });
  return JSON.parse(stdout) as SdkFigures;
}

/** Takes spans and forgets them. */
async function startSink(): Promise<{ url: string; close: () => void }> {
  const server = createServer((request, response) => {
    request.resume().on("end", () => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, close: () => server.close() };
}

const number = (value: number | undefined, unit: string, digits = 1): string =>
  `${(value ?? Number.NaN).toFixed(digits)} ${unit}`;

export async function run(): Promise<void> {
  await build();
  const { url, close } = await startSink();
  const ours = await measure("fleetlight", "counters", url);
  const theirs = await measure("prom-client", "counters", url);
  printGrid("one increment of a counter", [
    ["", "kept series", "with labels"],
    ["Fleetlight", number(ours["child"], "ns"), number(ours["labels"], "ns")],
    ["prom-client", number(theirs["child"], "ns"), number(theirs["labels"], "ns")],
    ["goal", "100 ns", ""],
  ]);
  const rows: string[][] = [["", "sync", "async", "per open trace", "CPU at 1,000/s", "resident"]];
  const bare = await measure("none", "load", url);
  for (const library of ["fleetlight", "opentelemetry"]) {
    const operations = await measure(library, "operations", url);
    const base = await measure("none", "operations", url);
    const memory = await measure(library, "memory", url);
    const load = await measure(library, "load", url);
    const more = (name: string) => (load[name] ?? Number.NaN) - (bare[name] ?? Number.NaN);
    rows.push([
      library === "fleetlight" ? "Fleetlight" : "OpenTelemetry's SDK",
      number((operations["sync"] ?? 0) - (base["sync"] ?? 0), "us", 2),
      number((operations["async"] ?? 0) - (base["async"] ?? 0), "us", 2),
      number(memory["bytes"], "B", 0),
      `+${number(more("cpuPercent"), "%", 2)}`,
      `+${mib(more("residentBytes"))}`,
    ]);
  }
  rows.push(["goal", "5 us", "5 us", "1,024 B", "+1 %", "+20 MiB"]);
  printGrid("one traced operation, added to the host's own work", rows);
  console.log(
    `  without any SDK: ${number(bare["cpuPercent"], "%", 2)} CPU, ${mib(bare["residentBytes"] ?? 0)}`,
  );
  close();
  rmSync(DIRECTORY, { recursive: true, force: true });
}
