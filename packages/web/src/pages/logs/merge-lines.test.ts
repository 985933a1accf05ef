import type { LogLine } from "@fleetlight/contract";
import { expect, it } from "vitest";

import { mergeLines } from "./merge-lines.ts";

const line = (timeNs: string, seq: number) =>
  ({ id: `${timeNs}.${seq}`, time_ns: timeNs }) as LogLine;

it("each line is shown once, the newest first", () => {
  const asked = [line("300", 2), line("200", 1)];
  const merged = mergeLines([line("1000", 5), line("300", 3), line("300", 2)], asked);
  expect(merged.map(({ id }) => id)).toEqual(["1000.5", "300.3", "300.2", "200.1"]);
  expect(mergeLines([], asked)).toEqual(asked);
});
