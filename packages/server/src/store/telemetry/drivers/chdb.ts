import { createRequire } from "node:module";
import { setImmediate as nextTurn } from "node:timers/promises";

import type * as Chdb from "chdb";

import { arrowColumns, type ArrowColumn } from "./arrow.ts";
import {
  DEFAULT_QUERY_TIMEOUT_MS,
  INSERT_SETTINGS,
  QUERY_LIMITS,
  whereOf,
  type Driver,
  type Insert,
  type QueryOptions,
} from "./types.ts";

type Session = Chdb.Session;

/** What the package's own encoder of columns calls; its exact version is pinned because of them (ADR 008). */
interface ArrowDoor {
  _arrowRegisterColumns(handle: unknown, name: string, columns: readonly ArrowColumn[]): void;
  _arrowUnregister(handle: unknown, name: string): void;
}

// The package's ES module leaves the two out; its CommonJS one has all.
const { Session, drainPending, _arrowRegisterColumns, _arrowUnregister } = createRequire(
  import.meta.url,
)("chdb") as typeof Chdb & ArrowDoor;

/**
 * Most readers beside the one writer. A session runs one query at a time and costs about 10 MB, so a further one is
 * opened only when a query would have to wait for another.
 */
const MAX_READERS = 3;

/**
 * The engine compares its own count of memory with the system's twenty times a second, unless told otherwise: that is most of
 * what it does when nobody asks it anything.
 */
const ENGINE_OPTIONS = ["--memory_worker_period_ms=1000"];

/** Runs one job after another: what is queued behind a running query waits here instead of inside the engine. */
class Lane {
  readonly session: Session;
  waiting = 0;
  private last: Promise<unknown> = Promise.resolve();

  constructor(session: Session) {
    this.session = session;
  }

  run<T>(job: (session: Session) => Promise<T>): Promise<T> {
    this.waiting++;
    const result = this.last.then(() => job(this.session));
    this.last = result.then(
      () => this.waiting--,
      () => this.waiting--,
    );
    return result;
  }

  async idle(): Promise<void> {
    await this.last;
  }
}

/** How long reading an answer may keep the event loop before others have a turn. */
const SLICE_MS = 8;

/** A row per line; long answers are read in turns. */
async function parseLines<T>(text: string): Promise<T[]> {
  const rows: T[] = [];
  let turnMs = performance.now();
  for (let start = 0; start < text.length;) {
    const end = text.indexOf("\n", start);
    const line = text.slice(start, end < 0 ? text.length : end);
    if (line !== "") rows.push(JSON.parse(line) as T);
    start = end < 0 ? text.length : end + 1;
    if (rows.length % 64 === 0 && performance.now() - turnMs > SLICE_MS) {
      await nextTurn();
      turnMs = performance.now();
    }
  }
  return rows;
}

const limits = (timeoutMs: number): string =>
  Object.entries(QUERY_LIMITS)
    .map(([name, value]) => `${name} = ${value}`)
    .concat(`max_execution_time = ${Math.max(1, Math.ceil(timeoutMs / 1000))}`)
    .join(", ");

/**
 * Puts parameters into a statement as `unhex('…')`: nothing but hexadecimal digits reaches the SQL text, whatever was
 * sent. The package's own binding runs one bound query at a time in the whole process, so that an insert would wait for
 * every slow answer.
 */
function inline(sql: string, parameters: Readonly<Record<string, string | number>> = {}): string {
  return sql.replace(/\{(\w+):String\}/g, (_, name: string) => {
    const value = parameters[name];
    if (value === undefined) throw new Error(`the statement has no value for ${name}`);
    return `unhex('${Buffer.from(String(value), "utf8").toString("hex")}')`;
  });
}

/**
 * ClickHouse inside this process. The engine allows one process per directory and one query per session at a time,
 * and it crashes when a session is closed under a running query: hence the lanes and the drain before the end.
 */
export function openChdb(directory: string): Driver {
  const writer = new Lane(new Session(directory, { connectionArgs: ENGINE_OPTIONS }));
  const readers: Lane[] = [];
  let arrowTables = 0;

  const freeReader = (): Lane => {
    const best = readers.toSorted((a, b) => a.waiting - b.waiting)[0];
    if (best !== undefined && (best.waiting === 0 || readers.length === MAX_READERS)) return best;
    const opened = new Lane(new Session(directory));
    readers.push(opened);
    return opened;
  };

  const read = (sql: string, format: string, options: QueryOptions) => {
    const timeoutMs = options.timeoutMs ?? DEFAULT_QUERY_TIMEOUT_MS;
    const statement = inline(`${sql} SETTINGS ${limits(timeoutMs)}`, options.parameters);
    return freeReader().run((session) => session.queryAsync(statement, { format }));
  };

  const insert = (job: Insert) =>
    writer.run(async (session) => {
      const name = `rows_${++arrowTables}`;
      _arrowRegisterColumns(session.connection, name, await arrowColumns(job.columns));
      try {
        await session.queryAsync(
          inline(
            `INSERT INTO ${job.into} SELECT ${job.select} FROM arrowstream('${name}')${whereOf(job)} SETTINGS ${INSERT_SETTINGS(job.token)}`,
            job.parameters,
          ),
        );
      } finally {
        _arrowUnregister(session.connection, name);
      }
    });

  return {
    command: async (sql, parameters) => {
      await writer.run((session) => session.queryAsync(inline(sql, parameters)));
    },
    rows: async <T>(sql: string, options: QueryOptions = {}) => {
      const text = (await read(sql, "JSONEachRow", options)).text();
      return parseLines<T>(text);
    },
    tuples: async (sql, options = {}) =>
      parseLines<unknown[]>((await read(sql, "JSONCompactEachRow", options)).text()),
    native: async (sql, options = {}) => (await read(sql, "Native", options)).bytes(),
    insert,
    close: async () => {
      const lanes = [writer, ...readers];
      await Promise.all(lanes.map((lane) => lane.idle()));
      for (const lane of lanes) lane.session.close();
      await drainPending();
    },
  };
}
