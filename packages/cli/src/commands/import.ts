import { writeFileSync } from "node:fs";
import { dirname } from "node:path";

import { importPrometheus, type ImportNote } from "@fleetlight/server/config";

export interface ImportOptions {
  output?: string;
  force?: boolean;
}

/** Something of the file has no counterpart; the rest was imported. */
const EXIT_PARTLY = 2;

const HEADINGS = [
  ["taken", "taken"],
  ["changed", "changed"],
  ["unsupported", "not supported"],
] as const satisfies readonly (readonly [ImportNote["kind"], string])[];

function describe({ source, line, path, message }: ImportNote): string {
  const place = line === undefined ? source : `${source}:${line}`;
  return `  ${place}: ${path}: ${message}`;
}

function reportOf(notes: readonly ImportNote[]): string {
  const parts = HEADINGS.flatMap(([kind, heading]) => {
    const found = notes.filter((note) => note.kind === kind);
    return found.length === 0 ? [] : [`${heading}:`, ...found.map(describe)];
  });
  return `${parts.join("\n")}\n`;
}

/**
 * Writes our configuration from a prometheus.yml, and says what became of each part of it.
 * @returns 0 when everything was taken, 2 when something is not supported and was left out.
 * @throws ConfigError when the file is wrong, or the system's error when the result can not be written.
 */
export function importCommand(file: string, { output, force }: ImportOptions): number {
  const directory = output === undefined ? undefined : dirname(output);
  const { text, notes } = importPrometheus(file, directory);
  const report = reportOf(notes);
  if (output === undefined) {
    process.stdout.write(text);
    process.stderr.write(report);
  } else {
    // The file may hold passwords, and one that is there already may be somebody's work.
    writeFileSync(output, text, { mode: 0o600, flag: force === true ? "w" : "wx" });
    process.stdout.write(`${report}written to ${output}\n`);
  }
  return notes.some(({ kind }) => kind === "unsupported") ? EXIT_PARTLY : 0;
}
