import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Files of one pattern beyond this are not read. */
export const MAX_FILES = 10_000;

const escaped = (text: string): string => text.replace(/[.+^${}()|[\]\\?]/g, "\\$&");

/**
 * Paths that a pattern stands for, in order; `*` in its last part stands for any text that does not begin with a dot.
 * A pattern without `*` stands for itself, whether it is there or not.
 */
export async function filesOf(pattern: string): Promise<string[]> {
  const name = basename(pattern);
  if (!name.includes("*")) return [pattern];
  const directory = dirname(pattern);
  const shape = new RegExp(`^(?!\\.)${name.split("*").map(escaped).join(".*")}$`, "s");
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return names
    .filter((one) => shape.test(one))
    .toSorted()
    .slice(0, MAX_FILES)
    .map((one) => join(directory, one));
}
