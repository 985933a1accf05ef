import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { createLogger } from "#lib";
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";

import { stateBattery } from "./battery.ts";
import { createStateStore } from "./open.ts";

const logger = createLogger({ level: "silent", format: "json" }, { version: "test" });
const context = { now: Date.now, logger };
const directory = await mkdtemp(join(tmpdir(), "fleetlight-state-"));
afterAll(() => rm(directory, { recursive: true, force: true }));

const freshPath = (): string => join(directory, `${randomUUID()}.db`);

let path = "";
stateBattery("a SQLite file", {
  durable: true,
  reset: async () => {
    path = freshPath();
  },
  open: () => createStateStore({ path }, context),
});

stateBattery("SQLite in memory", {
  durable: false,
  reset: async () => undefined,
  open: () => createStateStore({ path: ":memory:" }, context),
});

const postgresUrl =
  process.env["FLEETLIGHT_TEST_POSTGRES"] ?? "postgres://postgres@127.0.0.1:5432/test";

async function reachPostgres(): Promise<pg.Client | undefined> {
  const client = new pg.Client({ connectionString: postgresUrl, connectionTimeoutMillis: 2000 });
  try {
    await client.connect();
    return client;
  } catch (error) {
    if (process.env["REQUIRE_PEERS"] === "1") throw error;
    console.warn(
      "SKIPPED: the battery of the state store on PostgreSQL, which is not reachable; set FLEETLIGHT_TEST_POSTGRES",
    );
    return undefined;
  }
}

const postgres = await reachPostgres();
const schemaName = `fleetlight_test_${randomUUID().replaceAll("-", "").slice(0, 12)}`;
const schemaUrl = (() => {
  const url = new URL(postgresUrl);
  url.searchParams.set("options", `-c search_path=${schemaName}`);
  return url.href;
})();

async function emptySchema(): Promise<void> {
  await postgres?.query(`drop schema if exists ${schemaName} cascade`);
  await postgres?.query(`create schema ${schemaName}`);
}

afterAll(async () => {
  await postgres?.query(`drop schema if exists ${schemaName} cascade`);
  await postgres?.end();
});

describe.skipIf(postgres === undefined)("with a PostgreSQL server", () => {
  stateBattery("PostgreSQL", {
    durable: true,
    reset: emptySchema,
    open: () => createStateStore({ url: schemaUrl }, context),
  });

  it("lets replicas that start together migrate one after the other", async () => {
    await emptySchema();
    const location = { url: schemaUrl };
    const stores = await Promise.all([1, 2, 3].map(() => createStateStore(location, context)));
    await stores[0]?.settings.put("a", "1");
    expect(await stores[2]?.settings.get("a")).toBe("1");
    await Promise.all(stores.map((store) => store.close()));
  });
});

describe("createStateStore", () => {
  it("says that a PostgreSQL database cannot be reached, without telling the password", async () => {
    const opening = createStateStore({ url: "postgres://user:geheim@127.0.0.1:1/db" }, context);
    await expect(opening).rejects.toMatchObject({
      code: "state_unavailable",
      message: expect.stringContaining("127.0.0.1:1/db"),
    });
    await expect(opening).rejects.not.toMatchObject({ message: expect.stringContaining("geheim") });
  });

  it("refuses a file that is no database, and leaves it as it is", async () => {
    const garbage = freshPath();
    await writeFile(garbage, "this is certainly not a database, ".repeat(200));
    await expect(createStateStore({ path: garbage }, context)).rejects.toMatchObject({
      code: "state_corrupt",
      message: expect.stringContaining(garbage),
    });
    expect(await readFile(garbage, "utf8")).toContain("certainly not");
  });

  it("refuses a database that lost its end", async () => {
    const damaged = freshPath();
    const state = await createStateStore({ path: damaged }, context);
    await state.settings.put("large", "x".repeat(200_000));
    await state.close();
    await truncate(damaged, 40_000);
    await expect(createStateStore({ path: damaged }, context)).rejects.toMatchObject({
      code: "state_corrupt",
    });
  });

  it("refuses a database that a newer version has changed", async () => {
    const newer = freshPath();
    await (await createStateStore({ path: newer }, context)).close();
    const database = new DatabaseSync(newer);
    database.exec("insert into schema_migrations values (999, 'from the future', 0)");
    database.close();
    await expect(createStateStore({ path: newer }, context)).rejects.toMatchObject({
      code: "state_too_new",
      message: expect.stringContaining("999"),
    });
  });

  it("says why a path cannot be opened", async () => {
    const nowhere = join(directory, "missing", "state.db");
    await expect(createStateStore({ path: nowhere }, context)).rejects.toMatchObject({
      code: "state_unavailable",
      message: expect.stringContaining(nowhere),
    });
  });

  it("finds every acknowledged write after it was closed in the middle of others", async () => {
    const crashed = freshPath();
    const state = await createStateStore({ path: crashed }, context);
    const acknowledged: string[] = [];
    const writes = Array.from({ length: 50 }, async (_, index) => {
      await state.settings.put(`key-${index}`, "kept");
      acknowledged.push(`key-${index}`);
    });
    await writes[20];
    await state.close();
    await Promise.allSettled(writes);
    const again = await createStateStore({ path: crashed }, context);
    expect(acknowledged.length).toBeGreaterThan(20);
    for (const key of acknowledged) expect(await again.settings.get(key)).toBe("kept");
    await again.close();
  });
});
