import { expect, it } from "vitest";

import { EventCutter } from "./event-stream.ts";

it("cuts events out of whatever pieces they come in", () => {
  const cutter = new EventCutter();
  const text =
    'retry: 3000\n\nevent: lines\ndata: [{"body":"a\\n\\nb"}]\n\nevent: end\ndata: {}\n\n';
  const events = [...text].flatMap((character) => cutter.take(character));
  expect(events).toEqual([
    { event: "lines", data: [{ body: "a\n\nb" }] },
    { event: "end", data: {} },
  ]);
});

it("does not wait for ever for the end of an event", () => {
  const cutter = new EventCutter();
  expect(() => cutter.take(`data: ${"x".repeat(9 << 20)}`)).toThrow(/without end/);
});
