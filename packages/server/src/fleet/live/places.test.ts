import { beforeEach, describe, expect, it } from "vitest";

import type { SpanBlock } from "#store";

import { spanRecord } from "../../store/telemetry/spans/fixture.ts";
import { blockOf } from "../../store/telemetry/spans/span-block-draft.ts";
import { Places, Shelf } from "./places.ts";

const idOf = (index: number) => (index + 1).toString(16).padStart(16, "0");
const block = (first: number, count: number): SpanBlock =>
  blockOf(
    Array.from({ length: count }, (_, index) =>
      spanRecord({ spanId: idOf(first + index), attributes: { at: `${first + index}` } }, [
        { name: "gen_ai.prompt", text: `prompt ${first + index}`, truncated: false },
      ]),
    ),
  );

describe("places of spans", () => {
  let shelf: Shelf;
  let places: Places;
  beforeEach(() => {
    shelf = new Shelf(1 << 20);
    places = new Places(shelf);
  });

  it("find spans again with all that they have", () => {
    const [one, two] = [block(0, 3), block(3, 2)];
    places.note(one, 2);
    places.note(one, 0);
    places.note(two, 1);
    const found = [...places.records()];
    expect(found.map(({ row }) => row.spanId)).toEqual([idOf(2), idOf(0), idOf(4)]);
    expect(found[0]?.row.attributes).toEqual({ at: "2" });
    expect(found[2]?.content).toEqual([
      { name: "gen_ai.prompt", text: "prompt 4", truncated: false },
    ]);
  });

  it("count the memory of a block once, until nobody refers to it", () => {
    const one = block(0, 3);
    const other = new Places(shelf);
    places.note(one, 0);
    other.note(one, 1);
    other.note(one, 2);
    expect(shelf.bytes).toBe(one.heldBytes);
    other.giveUp();
    other.giveUp();
    expect(shelf.bytes).toBe(one.heldBytes);
    places.giveUp();
    expect(shelf.bytes).toBe(0);
    expect([...places.records()]).toEqual([]);
  });

  it.each([
    ["a span that lies nowhere", () => places.note(undefined, 0)],
    [
      "many blocks",
      () => {
        for (let index = 0; index < 5; index++) places.note(block(index, 1), 0);
      },
    ],
    [
      "many spans",
      () => {
        const large = block(0, 300);
        for (let index = 0; index < 300; index++) places.note(large, index);
      },
    ],
    ["a block that is too large", () => places.note(block(0, 5000), 0)],
  ])("are given up for %s", (_, note) => {
    places.note(block(100, 1), 0);
    expect(places.areKnown).toBe(true);
    note();
    expect(places.areKnown).toBe(false);
    expect(shelf.bytes).toBe(0);
    places.note(block(200, 1), 0);
    expect(places.areKnown).toBe(false);
  });
});
