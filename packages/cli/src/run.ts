import { readFileSync } from "node:fs";

import { ConfigError, formatProblem } from "@fleetlight/server/config";
import { describeError } from "@fleetlight/server/lib";
import { CommanderError } from "commander";

import { createProgram } from "./program.ts";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** What a user can do about errors that the system describes only by a code. */
const ADVICE: Record<string, string> = {
  EADDRINUSE:
    "the port is in use: stop what uses it, or choose another with --port (0 takes any free one)",
  EACCES:
    "the system does not permit this: choose a port above 1023 or a directory that you may write to",
  EADDRNOTAVAIL: "this machine does not have the address: see server.host",
};

function adviceFor(error: unknown): string | undefined {
  for (let current = error; current instanceof Error; current = current.cause) {
    const advice = ADVICE[(current as NodeJS.ErrnoException).code ?? ""];
    if (advice !== undefined) return advice;
  }
  return undefined;
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.problems.map(formatProblem).join("\n");
  const advice = adviceFor(error);
  return `fleetlight: ${describeError(error)}${advice === undefined ? "" : `\n${advice}`}`;
}

/**
 * Runs one command line.
 * @returns the exit code: 0 done, 1 failed, 2 the command line itself is wrong.
 */
export async function run(args: string[]): Promise<number> {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  const { version } = JSON.parse(manifest) as { version: string };
  let exitCode = 0;
  const program = createProgram(version, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    // Commander has already written its message, or the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
    process.stderr.write(`${explain(error)}\n`);
    return EXIT_FAILED;
  }
}
