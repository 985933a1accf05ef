import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** One table on disk. */
export interface TableSize {
  rows: number;
  /** As it was left, and after everything was merged into one part a day. */
  bytes: number;
  mergedBytes: number;
  /** Texts of the columns that were asked for, as they are read. */
  textBytes: number;
  /** Merged bytes of each column, the largest first. */
  columns: [name: string, bytes: number][];
}

/** Looks at a table of a server that was stopped. @param texts columns whose texts are counted */
export const tableSize = (dataDir: string, table: string, texts: readonly string[]): TableSize =>
  JSON.parse(
    execFileSync(
      process.execPath,
      [fileURLToPath(import.meta.url), dataDir, table, texts.join(",")],
      { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] },
    ),
  ) as TableSize;

/** In a process of its own, because chDB has one directory per process. */
async function main(dataDir: string, table: string, texts: readonly string[]): Promise<void> {
  const server = fileURLToPath(new URL("../../packages/server/package.json", import.meta.url));
  const { Session, drainPending } = createRequire(server)("chdb");
  const session = new Session(join(dataDir, "telemetry"));
  const rows = async (sql: string): Promise<string[][]> =>
    ((await session.queryAsync(sql, { format: "TabSeparatedRaw" })).text() as string)
      .trim()
      .split("\n")
      .map((line) => line.split("\t"));
  const [[home = ""] = []] = await rows(
    `SELECT database FROM system.tables WHERE name = '${table}' AND engine LIKE '%MergeTree'`,
  );
  const where = `active AND database = '${home}' AND table = '${table}'`;
  const onDisk = async () =>
    Number((await rows(`SELECT sum(bytes_on_disk) FROM system.parts WHERE ${where}`))[0]?.[0]);
  const bytes = await onDisk();
  await rows(`OPTIMIZE TABLE ${home}.${table} FINAL`);
  const sum = texts.map((text) => `sum(length(toString(${text})))`).join(" + ") || "0";
  const [[count, textBytes] = []] = await rows(`SELECT count(), ${sum} FROM ${home}.${table}`);
  const columns = await rows(
    `SELECT column, sum(column_bytes_on_disk) AS bytes FROM system.parts_columns WHERE ${where} GROUP BY column ORDER BY bytes DESC`,
  );
  const size: TableSize = {
    rows: Number(count),
    bytes,
    mergedBytes: await onDisk(),
    textBytes: Number(textBytes),
    columns: columns.map(([name = "", own]) => [name, Number(own)]),
  };
  session.close();
  await drainPending();
  console.log(JSON.stringify(size));
}

const [, script, directory, table, texts = ""] = process.argv;
if (script === fileURLToPath(import.meta.url) && directory !== undefined && table !== undefined)
  await main(directory, table, texts.split(",").filter(Boolean));
