import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type * as Chdb from "chdb";

/*
 * Test support, run as a process of its own: the real engine behind ClickHouse's HTTP interface, as far as our driver
 * speaks it. It stands in where no ClickHouse server can be installed; FLEETLIGHT_TEST_CLICKHOUSE names a real one.
 */
const { Session } = createRequire(import.meta.url)("chdb") as typeof Chdb;
const directory = mkdtempSync(join(tmpdir(), "fleetlight-peer-"));
const session = new Session(join(directory, "data"));
let files = 0;

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** The data of an insert comes as the body; the embedded engine reads it from a file. */
function withData(sql: string, body: Buffer): string {
  const path = join(directory, `${++files}.native`);
  writeFileSync(path, body);
  return sql.replace(
    /FROM input\('([^']*)'\)/,
    (_, schema: string) => `FROM file('${path}', 'Native', '${schema}')`,
  );
}

async function answer(request: IncomingMessage): Promise<Uint8Array> {
  const { searchParams } = new URL(request.url ?? "/", "http://localhost");
  const body = await readBody(request);
  const inUrl = searchParams.get("query");
  const text = inUrl === null ? body.toString("utf8") : withData(inUrl, body);
  const format = /\sFORMAT (\w+)\s*$/.exec(text)?.[1] ?? "TSV";
  const parameters: Record<string, string> = {};
  for (const [name, value] of searchParams)
    if (name.startsWith("param_")) parameters[name.slice("param_".length)] = value;
  const result = await session.queryBindAsync(text.replace(/\sFORMAT \w+\s*$/, ""), parameters, {
    format,
  });
  return result.bytes();
}

const server = createServer((request, response) => {
  answer(request).then(
    (bytes) => response.end(bytes),
    (error: unknown) => response.writeHead(500).end(String(error)),
  );
});
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
process.on("SIGTERM", () => {
  rmSync(directory, { recursive: true, force: true });
  process.exit(0);
});
