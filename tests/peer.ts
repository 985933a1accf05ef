import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** Where a program of one of these names is installed, the first name first; undefined when none is. */
export const findProgram = (...names: string[]): string | undefined => {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter(Boolean);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram);
};

/**
 * The program that a suite needs, for `describe.skipIf(peer === undefined)`. When it is missing the suite is named in a
 * warning; with REQUIRE_PEERS=1 that is an error, so that continuous integration never passes by skipping.
 */
export const findPeer = (suite: string, ...names: string[]): string | undefined => {
  const program = findProgram(...names);
  if (program !== undefined) return program;
  const missing = `${suite}: ${names.join(" or ")} is not installed`;
  if (process.env["REQUIRE_PEERS"] === "1") throw new Error(missing);
  console.warn(`SKIPPED ${missing}`);
  return undefined;
};
