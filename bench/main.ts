import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** A benchmark prints its own table; figures are ratios against something measured in the same run where there is a peer. */
interface Bench {
  describe: string;
  run(args: readonly string[]): Promise<void>;
}

const here = fileURLToPath(new URL(".", import.meta.url));
const names = (await readdir(here))
  .filter((file) => file.endsWith(".bench.ts"))
  .map((file) => file.replace(".bench.ts", ""))
  .toSorted();

const [name, ...args] = process.argv.slice(2);
const load = async (bench: string) => (await import(`./${bench}.bench.ts`)) as Bench;

if (name === "all") for (const one of names) await (await load(one)).run(args);
else if (name !== undefined && names.includes(name)) await (await load(name)).run(args);
else {
  console.log("npm run bench <name> [options], or npm run bench all\n");
  for (const one of names) console.log(`  ${one.padEnd(10)} ${(await load(one)).describe}`);
  process.exitCode = name === undefined ? 0 : 2;
}
