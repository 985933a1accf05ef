import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { describeError, FleetlightError } from "#lib";

/**
 * Makes this process the only one on a data directory. The lock is SQLite's own on a small file: the operating system
 * gives it back when the process ends, however it ends.
 * @returns a function that gives it back.
 * @throws FleetlightError `data_dir_in_use` when another process has it; Error when the directory cannot be written.
 */
export function lockDataDirectory(dataDir: string): () => void {
  const database = openLock(dataDir);
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    throw new FleetlightError(
      "data_dir_in_use",
      409,
      `another Fleetlight process uses the data directory ${dataDir}; stop it, or choose another with --data-dir`,
      { cause: error },
    );
  }
  return () => database.close();
}

function openLock(dataDir: string): DatabaseSync {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o750 });
    return new DatabaseSync(join(dataDir, "process.lock"), { timeout: 0 });
  } catch (error) {
    throw new Error(
      `cannot write to the data directory ${dataDir}: ${describeError(error)}; choose another with --data-dir`,
      { cause: error },
    );
  }
}
