import { describe, expect, it } from "vitest";

import { fingerprintOf } from "./fingerprint.ts";

/** The same by the definition of FNV-1a, slowly. */
function slowly(labels: Record<string, string>): string {
  let hash = 0xcbf29ce484222325n;
  const bytes = Object.keys(labels)
    .toSorted()
    .flatMap((name) => [...Buffer.from(name), 255, ...Buffer.from(labels[name] ?? ""), 255]);
  for (const byte of bytes) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, "0");
}

describe("fingerprintOf", () => {
  it("is FNV-1a's start value for no labels, as upstream", () => {
    expect(fingerprintOf({})).toBe("cbf29ce484222325");
    expect(fingerprintOf({ empty: "" })).toBe("cbf29ce484222325");
  });

  it.each<[Record<string, string>]>([
    [{ alertname: "ServiceDown" }],
    [{ b: "2", a: "1", c: "süd 🚨" }],
    [{ long: "x".repeat(100_000) }],
    ...Array.from({ length: 200 }, (_, index): [Record<string, string>] => [
      { alertname: `a${index}`, instance: `host-${index * 7919}:9100`, job: "node" },
    ]),
  ])("is what the definition says %#", (labels) => {
    expect(fingerprintOf(labels)).toBe(slowly(labels));
  });
});
