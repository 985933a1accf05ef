import { ConfigError, readRuleFile, type RuleFile } from "@fleetlight/server/config";

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? "" : "s"}`;

/** Rules that write the same series: upstream's lint of that name. */
function duplicatesOf({ groups }: RuleFile): string[] {
  const seen = new Set<string>();
  const found: string[] = [];
  for (const rule of groups.flatMap((group) => group.rules)) {
    const labels = Object.entries(rule.labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
    const key = JSON.stringify([rule.name, labels]);
    if (seen.has(key)) {
      const shown = labels.map(([name, value]) => `    ${name}: ${value}`);
      found.push([`  ${rule.name}`, ...shown].join("\n"));
    }
    seen.add(key);
  }
  return found;
}

const write = (text: string): unknown => process.stdout.write(text);
const writeError = (text: string): unknown => process.stderr.write(text);

function checkOne(file: string): boolean {
  write(`Checking ${file}\n`);
  try {
    const rules = readRuleFile(file);
    const duplicates = duplicatesOf(rules);
    if (duplicates.length > 0)
      writeError(
        `  ${plural(duplicates.length, "duplicate rule")} found.\n${duplicates.join("\n")}\n`,
      );
    const all = rules.groups.flatMap((group) => group.rules);
    write(`  SUCCESS: ${all.length} rules found\n\n`);
    return true;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    writeError(`  FAILED:\n`);
    for (const { source = file, line, column, message } of error.problems) {
      const place = line === undefined ? source : `${source}: ${line}:${column ?? 1}`;
      writeError(`${place}: ${message}\n`);
    }
    write("\n");
    return false;
  }
}

/**
 * Checks rule files and tells about each as `promtool check rules` does.
 * @returns the exit code: 0 when all are right, 1 when one is not.
 */
export function checkRules(files: readonly string[]): number {
  const results = files.map((file) => checkOne(file));
  return results.every(Boolean) ? 0 : 1;
}
