import { statSync } from "node:fs";
import { basename } from "node:path";
import { parseArgs } from "node:util";

import { playScript } from "./play.ts";
import { findShared, loadKit, readScript, suiteFiles } from "./shared-kit.ts";

const usage = `node conform.ts [--grep TEXT] [--range-check] [--core] FILE_OR_FOLDER...
Plays Prometheus' test scripts in this process; without a path all suites of shared/promql.
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    grep: { type: "string" },
    "range-check": { type: "boolean", default: false },
    core: { type: "boolean", default: false },
    ids: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const shared = findShared();
if (values.help || shared === undefined) {
  process.stdout.write(shared === undefined ? "shared/promql is not there\n" : usage);
  process.exit(shared === undefined ? 2 : 0);
}
const kit = await loadKit(shared);
const paths = positionals.length > 0 ? positionals : [`${shared}suite-3.5`, `${shared}suite-3.14`];
const files = paths.flatMap((path) => (statSync(path).isDirectory() ? suiteFiles(path) : [path]));
const rows: string[] = [];
let [total, passed] = [0, 0];
for (const file of files) {
  const played = await playScript(kit, file, readScript(file), {
    rangeCheck: values["range-check"],
    ...(values.grep !== undefined && { grep: values.grep }),
  });
  const cases = values.core ? played.filter(({ core }) => core) : played;
  const failed = cases.filter(({ why }) => why !== undefined);
  for (const { id, text, why, tags } of failed) {
    if (values.ids) process.stdout.write(`${JSON.stringify(id)},\n`);
    else process.stdout.write(`FAIL ${id} [${tags.join(",")}]\n  ${text}\n  ${why}\n`);
  }
  total += cases.length;
  passed += cases.length - failed.length;
  rows.push(`${basename(file).padEnd(28)} ${cases.length - failed.length}/${cases.length}`);
}
process.stdout.write(`\n${rows.join("\n")}\n${"ALL".padEnd(28)} ${passed}/${total}\n`);
process.exitCode = passed === total ? 0 : 1;
