import { existsSync } from "node:fs";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { createTelemetryStore, type TelemetryOptions } from "./store.ts";
import { refusalOf, WriteAheadLog } from "./wal.ts";
import { decodeRecords, draftBatch, sealRecord, type Batch } from "./wal-records.ts";

const batch = (n: number): Batch => {
  const made = draftBatch(
    {
      tenant: "default",
      series: [
        {
          tenant: "default",
          id: 2n ** 64n - BigInt(n),
          labels: { __name__: "m", n: String(n) },
          firstSeenMs: 1,
          lastSeenMs: 2,
        },
      ],
      events: [
        { id: crypto.randomUUID(), timeMs: n, type: "t", service: "s", attributes: { a: "ü\n" } },
      ],
      histograms: [{ id: 7n, timeMs: n, bytes: Uint8Array.of(1, 2, n) }],
      exemplars: [
        { tenant: "default", id: 2n ** 63n, timeMs: n, value: 0.5, labels: { trace_id: "a" } },
      ],
    },
    2,
  );
  made.samples?.ids.set([2n ** 64n - BigInt(n), 7n]);
  made.samples?.times.set([n, n + 0.5]);
  made.samples?.values.set([Number.NaN, -0]);
  return made;
};
const encode = ({ record }: Batch): Buffer => sealRecord(record);
/** A batch as it is compared: bytes of histograms come back as another kind of array. */
const content = ({ record: _record, histograms, ...rest }: Batch) => ({
  ...rest,
  histograms: histograms.map(({ bytes, ...row }) => ({ ...row, bytes: [...bytes] })),
});

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "fleetlight-wal-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe("records", () => {
  it("come back as they were", () => {
    const batches = [batch(1), draftBatch({ tenant: "other" }), batch(3)];
    const decoded = decodeRecords(Buffer.concat(batches.map(encode)));
    expect(decoded.tornBytes).toBe(0);
    expect(decoded.batches.map(content)).toEqual(batches.map(content));
  });

  it.each([1, 16, 17, 40, 300])(
    "that a crash cut %i bytes short are left out, with nothing before them",
    (missing) => {
      const bytes = Buffer.concat([encode(batch(1)), encode(batch(2))]);
      const { batches, tornBytes } = decodeRecords(bytes.subarray(0, bytes.length - missing));
      expect(batches).toHaveLength(1);
      expect(tornBytes).toBe(encode(batch(2)).length - missing);
    },
  );

  it("end where a byte was changed", () => {
    const first = encode(batch(1));
    const bytes = Buffer.concat([first, encode(batch(2))]);
    bytes.writeUInt8(bytes.readUInt8(first.length + 30) ^ 1, first.length + 30);
    expect(decodeRecords(bytes).batches).toHaveLength(1);
  });
});

describe("log", () => {
  it("gives back after a crash what was appended, segment by segment", async () => {
    const log = new WriteAheadLog(directory);
    await log.recover();
    await Promise.all([1, 2, 3].map((n) => log.append(encode(batch(n)), () => {})));
    await log.seal();
    await log.append(encode(batch(4)), () => {});
    const found = await new WriteAheadLog(directory).recover();
    expect(found.map((one) => one.batches.map((b) => b.samples?.times[0]))).toEqual([
      [1, 2, 3],
      [4],
    ]);
    await log.seal();
  });

  it("names segments so that a later process's come after", async () => {
    const log = new WriteAheadLog(directory);
    await log.recover();
    await log.append(encode(batch(1)), () => {});
    await log.seal();
    const later = new WriteAheadLog(directory);
    await later.recover();
    await later.append(encode(batch(2)), () => {});
    const sealed = await later.seal();
    expect((await readdir(directory)).toSorted().at(-1)).toBe(sealed?.name);
  });

  it("reports every append of a segment before the seal resolves", async () => {
    const log = new WriteAheadLog(directory);
    await log.recover();
    const written: number[] = [];
    const appends = [1, 2, 3, 4].map((n) => log.append(encode(batch(n)), () => written.push(n)));
    await appends[0];
    await log.seal();
    expect(written).toEqual([1, 2, 3, 4]);
    await Promise.all(appends);
  });
});

describe("replay into the embedded store", () => {
  const options: TelemetryOptions = {
    flushIntervalMs: 60_000,
    flushRows: 100_000,
    maxPendingRows: 100_000,
    headMaxBytes: 1 << 20,
    headWindowMs: 3_600_000,
    maxSeries: 1000,
    retention: () => ({ metricsMs: 1e13, eventsMs: 1e13, tracesMs: 1e13, maxBytes: undefined }),
    now: Date.now,
    onError: () => {},
  };

  it("inserts a segment once, however often it is replayed", async () => {
    const store = await createTelemetryStore({ dataDir: directory }, options);
    const appender = store.metrics.appender("default");
    const ref = appender.series({ __name__: "m" });
    for (let i = 0; i < 10; i++) appender.append(ref, Date.now() - i * 1000, i);
    await appender.commit();
    const wal = join(directory, "wal");
    const [name = ""] = await readdir(wal);
    const bytes = await readFile(join(wal, name));
    await store.flush();
    await store.close();
    // As if the process had died between the insert and the removal of the segment.
    await writeFile(join(wal, name), bytes);
    const again = await createTelemetryStore({ dataDir: directory }, options);
    expect(await readdir(wal)).toEqual([]);
    expect(again.stats().rowsInserted).toBe(11);
    await again.close();
    const { openChdb } = await import("./drivers/chdb.ts");
    const driver = openChdb(join(directory, "telemetry"));
    expect(await driver.rows("SELECT toString(count()) AS rows FROM samples")).toEqual([
      { rows: "10" },
    ]);
    await driver.close();
  });
});

describe("a disk that takes no more", () => {
  it.skipIf(!existsSync("/dev/full"))("asks senders to come again", async () => {
    const error: unknown = await writeFile("/dev/full", "x").catch((thrown: unknown) => thrown);
    expect(refusalOf(error)).toMatchObject({
      code: "overloaded",
      status: 503,
      retryable: true,
      message: expect.stringContaining("the data directory cannot be written (ENOSPC)") as string,
    });
  });

  it("is not blamed for other failures", () => {
    const error = new Error("another");
    expect(refusalOf(error)).toBe(error);
  });
});
