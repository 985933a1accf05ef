import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { nameSeries, placesOf, takeImage, writeImage, type KeptImage } from "./head-file.ts";
import { Head } from "./head.ts";
import type { SeriesRef } from "./types.ts";

const SERIES = 40;
const STALE = [2, 0x7ff00000] as const;

const idOf = (ref: SeriesRef) => 0xffff_0000_0000_0000n + BigInt(ref);
const tenantOf = (ref: SeriesRef) => (ref % 3 === 0 ? "a" : "b");

function append(head: Head, ref: SeriesRef, timeMs: number, value: number): void {
  const column = Float64Array.of(value);
  head.append(ref, Float64Array.of(timeMs), new Uint32Array(column.buffer), 0);
}

/** Series of different lengths, with open samples, stale markers and late ones. */
function filled(): Head {
  const head = new Head(4 << 20);
  for (let ref = 0; ref < SERIES; ref++) {
    head.open(ref, ref % 2 === 0 ? -Infinity : 1000);
    for (let i = 0; i < ref * 20; i++) append(head, ref, 10_000 + i * 150, Math.sin(i) + ref);
    head.append(ref, Float64Array.of(9_000_000), Uint32Array.of(...STALE), 0);
    if (ref % 5 === 0 && ref > 0) append(head, ref, 10_007, -ref);
  }
  return head;
}

const bitsOf = (head: Head, ref: SeriesRef) => {
  const { times, values } = head.read(ref, 0, Infinity);
  return { times: [...times], words: [...new Uint32Array(values.slice().buffer)] };
};

const keptOf = (head: Head): KeptImage => ({
  ...nameSeries(head.image(), SERIES, (ref) => ({ tenant: tenantOf(ref), id: idOf(ref) })),
  fingerprint: "20260601:7",
  whole: true,
});

describe("an image of the head", () => {
  let directory = "";
  let file = "";
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "fleetlight-image-"));
    file = join(directory, "head.image");
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it("gives every series its samples back, bit for bit, under other numbers", async () => {
    const head = filled();
    const expected = Array.from({ length: SERIES }, (_, ref) => bitsOf(head, ref));
    const { samples } = head;
    await writeImage(file, keptOf(head));
    const kept = await takeImage(file);
    expect(kept).toMatchObject({ fingerprint: "20260601:7", whole: true });
    expect(await readdir(directory)).toEqual([]);
    if (kept === undefined) return;
    // The other way round.
    const refs = new Map(["a", "b"].map((tenant) => [tenant, new Map<bigint, SeriesRef>()]));
    for (let ref = 0; ref < SERIES; ref++)
      refs.get(tenantOf(ref))?.set(idOf(ref), SERIES - 1 - ref);
    const again = new Head(4 << 20);
    expect(again.restore(kept.image, placesOf(kept, refs))).toBe(true);
    expect(again.samples).toBe(samples);
    for (let ref = 0; ref < SERIES; ref++) {
      const now = SERIES - 1 - ref;
      expect(bitsOf(again, now), `series ${ref}`).toEqual(expected[ref]);
      expect(again.lastTime(now)).toBe(head.lastTime(ref));
      expect(again.isCompleteFrom(now, 999)).toBe(ref % 2 === 0);
      expect(again.mayHave(now, 0, 9_999)).toBe(head.mayHave(ref, 0, 9_999));
    }
    for (let now = 0; now < SERIES; now++) {
      for (let i = 0; i < 300; i++) append(again, now, 9_100_000 + i, i);
      expect(again.read(now, 9_100_000, Infinity).values).toHaveLength(300);
    }
  });

  it("leaves series out that are not known any more", async () => {
    const head = filled();
    await writeImage(file, keptOf(head));
    const kept = await takeImage(file);
    if (kept === undefined) throw new Error("there is no image");
    const again = new Head(4 << 20);
    expect(
      again.restore(kept.image, placesOf(kept, new Map([["a", new Map([[idOf(39), 0]])]]))),
    ).toBe(true);
    expect(bitsOf(again, 0)).toEqual(bitsOf(head, 39));
    expect(again.samples).toBe(39 * 20 + 1);
  });

  it("is refused by a head of another size, and by one that has samples", () => {
    const { image } = keptOf(filled());
    const places = new Int32Array(SERIES).fill(-1);
    expect(new Head(64 << 20).restore(image, places)).toBe(false);
    expect(filled().restore(image, places)).toBe(false);
  });

  it.each([
    ["cut short", async () => writeFile(file, (await readFile(file)).subarray(0, -9))],
    ["longer", () => appendFile(file, "x")],
    ["empty", () => writeFile(file, "")],
    [
      "changed in one bit",
      async () => {
        const bytes = await readFile(file);
        bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
        await writeFile(file, bytes);
      },
    ],
    ["of another kind", () => writeFile(file, Buffer.alloc(64, "x"))],
  ])("is not trusted when its file is %s, and is taken away", async (_, damage) => {
    await writeImage(file, keptOf(filled()));
    await damage();
    expect(await takeImage(file)).toBeUndefined();
    expect(await readdir(directory)).toEqual([]);
  });

  it("is not there when nothing was kept, and leaves nothing behind where it cannot be written", async () => {
    expect(await takeImage(file)).toBeUndefined();
    await expect(writeImage(join(directory, "no", "file"), keptOf(filled()))).rejects.toThrow(
      "ENOENT",
    );
  });
});
