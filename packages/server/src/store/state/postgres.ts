import type { Logger } from "#lib";
import pg from "pg";

/** Connections of one process; its queries are short. */
const MAX_CONNECTIONS = 8;
const CONNECT_TIMEOUT_MS = 5000;
const STATEMENT_TIMEOUT_MS = 15_000;

const INT8 = 20;

/** 64-bit integers come as text from the driver; ours are milliseconds and counts, which a number holds exactly. */
const types = {
  getTypeParser: (oid: number, format?: "text" | "binary") =>
    oid === INT8 ? Number : pg.types.getTypeParser(oid, format),
} as pg.CustomTypesConfig;

/** A pool that outlives restarts of the database: connections that die while idle are replaced. */
export function openPostgres(url: string, logger: Logger): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    application_name: "fleetlight",
    types,
  });
  pool.on("error", (error) =>
    logger.warn({ err: error }, "lost an idle connection to the state database"),
  );
  return pool;
}
