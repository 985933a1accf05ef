import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { percentile } from "./table.ts";
import { PEER_SCHEMAS, type TraceSchema } from "./trace-schemas.ts";

/** Times that each question is asked. */
const ROUNDS = 15;

export interface SchemaFigures {
  name: string;
  bytes: number;
  /** Spans, each once. */
  rows: number;
  /** Medians. */
  traceMs: number;
  newestMs: number;
  p99Ms: number;
}

/** A question in SQL of each kind. */
type Questions = Pick<TraceSchema, "traceById" | "newest" | "p99">;

class Comparison {
  private readonly query: (sql: string, format: string) => Promise<string>;
  private readonly home: string;
  private readonly sample: { traceId: string; service: string; end: string };

  private constructor(
    query: Comparison["query"],
    home: string,
    sample: { traceId: string; service: string; end: string },
  ) {
    this.query = query;
    this.home = home;
    this.sample = sample;
  }

  static async open(query: Comparison["query"]): Promise<Comparison> {
    const lines = async (sql: string) => (await query(sql, "TabSeparatedRaw")).trim();
    const home = await lines(
      "SELECT database FROM system.tables WHERE name = 'spans' AND engine LIKE '%MergeTree'",
    );
    await lines("CREATE DATABASE IF NOT EXISTS own");
    await lines(`CREATE VIEW IF NOT EXISTS own.spans AS SELECT * FROM ${home}.spans`);
    await lines(`OPTIMIZE TABLE ${home}.spans FINAL`);
    const [traceId = "", service = "", end = ""] = (
      await lines(
        `SELECT trace_id, service, toString(max(ts) OVER ()) FROM ${home}.spans ORDER BY cityHash64(trace_id) LIMIT 1`,
      )
    ).split("\t");
    return new Comparison(query, home, { traceId, service, end });
  }

  async own(): Promise<SchemaFigures> {
    const spans = `${this.home}.spans`;
    return this.figures("fleetlight", this.home, "table = 'spans'", {
      traceById: (id) => `SELECT * FROM ${spans} WHERE trace_id = '${id}'`,
      newest: (service, end) =>
        `SELECT * FROM ${spans} WHERE tenant = 'default' AND service = '${service}' AND ts > toDateTime64('${end}', 9, 'UTC') - INTERVAL 1 HOUR ORDER BY ts DESC LIMIT 100`,
      p99: `SELECT name, count(), quantile(0.99)(duration_ns) FROM ${spans} GROUP BY name`,
    });
  }

  async peer({ name, create, fill, ...questions }: TraceSchema): Promise<SchemaFigures> {
    await this.run(`CREATE DATABASE ${name}`);
    for (const statement of [...create, fill]) await this.run(statement);
    const tables = await this.run(
      `SELECT name FROM system.tables WHERE database = '${name}' AND engine LIKE '%MergeTree'`,
    );
    for (const table of tables.trim().split("\n"))
      await this.run(`OPTIMIZE TABLE ${name}.${table} FINAL`);
    return this.figures(name, name, "1", questions);
  }

  private async figures(
    name: string,
    database: string,
    tables: string,
    { traceById, newest, p99 }: Questions,
  ): Promise<SchemaFigures> {
    const sizes = await this.run(
      `SELECT sum(bytes), max(spans) FROM (SELECT sum(bytes_on_disk) AS bytes, sum(rows) AS spans FROM system.parts
        WHERE active AND database = '${database}' AND ${tables} GROUP BY table)`,
    );
    const [bytes = Number.NaN, rows = Number.NaN] = sizes.trim().split("\t").map(Number);
    const { traceId, service, end } = this.sample;
    return {
      name,
      bytes,
      rows,
      traceMs: await this.median(traceById(traceId)),
      newestMs: await this.median(newest(service, end)),
      p99Ms: await this.median(p99),
    };
  }

  private run(sql: string): Promise<string> {
    return this.query(sql, "TabSeparatedRaw");
  }

  private async median(sql: string): Promise<number> {
    const took: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const start = performance.now();
      await this.query(sql, "JSONCompactEachRow");
      took.push(performance.now() - start);
    }
    return percentile(took, 0.5);
  }
}

/** In a process of its own, because chDB has one directory per process: prints the figures of every schema as JSON. */
async function main(dataDir: string): Promise<void> {
  const server = fileURLToPath(new URL("../../packages/server/package.json", import.meta.url));
  const { Session, drainPending } = createRequire(server)("chdb");
  const session = new Session(join(dataDir, "telemetry"));
  const comparison = await Comparison.open(async (sql, format) =>
    (await session.queryAsync(sql, { format })).text(),
  );
  const figures = [await comparison.own()];
  for (const schema of PEER_SCHEMAS) figures.push(await comparison.peer(schema));
  session.close();
  await drainPending();
  console.log(JSON.stringify(figures));
}

const [, script, directory] = process.argv;
if (script === fileURLToPath(import.meta.url) && directory !== undefined) await main(directory);
