import { beforeEach, expect, it } from "vitest";

import { Patience } from "./patience.ts";
import type { TraceUpdate } from "./types.ts";

let done: string[];
let patience: Patience<string>;
beforeEach(() => {
  done = [];
  patience = new Patience<string>({
    graceMs: 100,
    max: 3,
    done: (tenant, item, known) => done.push(`${tenant} ${item} ${known ? "known" : "guessed"}`),
  });
});

const of = (traceId: string): TraceUpdate => ({ tenant: "t", traceId }) as unknown as TraceUpdate;
const never = () => false;

it("is done with what nothing can change any more", () => {
  patience.hear(of("1"), ["a", "b"], never, 0);
  patience.hear(of("1"), ["c"], (item) => item === "a", 10);
  expect(done).toEqual(["t a known"]);
});

it("looks again when more of the same trace comes, and at nothing of others", () => {
  patience.hear(of("1"), ["a"], never, 0);
  patience.hear(of("2"), [], () => true, 10);
  expect(done).toEqual([]);
  patience.hear(of("1"), [], () => true, 20);
  expect(done).toEqual(["t a known"]);
});

it("ends the wait of each after its own time", () => {
  patience.hear(of("1"), ["a"], never, 0);
  patience.hear(of("1"), ["b"], never, 50);
  patience.settle(100);
  expect(done).toEqual(["t a guessed"]);
  patience.settle(Infinity);
  patience.settle(Infinity);
  expect(done).toEqual(["t a guessed", "t b guessed"]);
});

it("does not wait for more than fit", () => {
  patience.hear(of("1"), ["a", "b", "c", "d"], never, 0);
  expect(done).toEqual(["t d guessed"]);
  patience.settle(Infinity);
  patience.hear(of("2"), ["e"], never, 200);
  expect(done).toHaveLength(4);
});
