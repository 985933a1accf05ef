import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";

import { FleetlightError, describeError } from "#lib";
import type { SqliteDatabase, SqliteStatement } from "kysely";

/** Statements that are kept prepared; the store's own queries are far fewer, batches of other sizes come and go. */
const MAX_PREPARED = 200;

/** How long a statement waits for a lock that another process holds; the whole process waits with it. */
const BUSY_TIMEOUT_MS = 2000;

/** Results of SQLite that mean the file is damaged or is no database. */
const CORRUPT = new Set([11, 26]);

const resultCode = (error: unknown): number | undefined =>
  error instanceof Error && "errcode" in error && typeof error.errcode === "number"
    ? error.errcode & 0xff
    : undefined;

function refuse(path: string, cause: unknown): FleetlightError {
  if (CORRUPT.has(resultCode(cause) ?? -1)) {
    return new FleetlightError(
      "state_corrupt",
      500,
      `the state database ${path} is damaged (${describeError(cause)}): restore it from a backup, or move it away to start with an empty one`,
      { cause },
    );
  }
  return new FleetlightError(
    "state_unavailable",
    500,
    `failed to open the state database ${path}`,
    {
      cause,
    },
  );
}

class PreparedStatement implements SqliteStatement {
  readonly reader: boolean;
  readonly #statement: StatementSync;

  constructor(statement: StatementSync) {
    this.#statement = statement;
    this.reader = statement.columns().length > 0;
  }

  all(parameters: readonly unknown[]): unknown[] {
    return this.#statement.all(...(parameters as readonly SQLInputValue[]));
  }

  run(parameters: readonly unknown[]): {
    changes: number | bigint;
    lastInsertRowid: number | bigint;
  } {
    return this.#statement.run(...(parameters as readonly SQLInputValue[]));
  }

  iterate(parameters: readonly unknown[]): IterableIterator<unknown> {
    return this.#statement.iterate(...(parameters as readonly SQLInputValue[]));
  }
}

/** `node:sqlite` in the shape that Kysely's SQLite dialect asks for, with its statements kept prepared. */
class SqliteFile implements SqliteDatabase {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, PreparedStatement>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  prepare(sql: string): PreparedStatement {
    let statement = this.#prepared.get(sql);
    if (statement) return statement;
    statement = new PreparedStatement(this.#database.prepare(sql));
    if (this.#prepared.size >= MAX_PREPARED) {
      const [oldest] = this.#prepared.keys();
      if (oldest !== undefined) this.#prepared.delete(oldest);
    }
    this.#prepared.set(sql, statement);
    return statement;
  }

  close(): void {
    this.#prepared.clear();
    if (this.#database.isOpen) this.#database.close();
  }
}

/** @throws the first problem that SQLite finds in the structure of the file. */
function checkStructure(database: DatabaseSync): void {
  const [row] = database.prepare("PRAGMA quick_check(1)").all();
  const answer = row?.["quick_check"];
  if (answer === "ok") return;
  throw Object.assign(new Error(String(answer)), { errcode: 11 });
}

/**
 * Opens a database file, or one in memory as `:memory:`. A commit survives the end of the process at once, and the
 * end of the machine's power from the next checkpoint on (WAL with `synchronous = NORMAL`).
 * @throws FleetlightError `state_corrupt` when the file is damaged or no database, else `state_unavailable`.
 */
export function openSqlite(path: string): SqliteDatabase {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, {
      timeout: BUSY_TIMEOUT_MS,
      enableForeignKeyConstraints: true,
    });
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    checkStructure(database);
    return new SqliteFile(database);
  } catch (cause) {
    if (database?.isOpen) database.close();
    throw refuse(path, cause);
  }
}
