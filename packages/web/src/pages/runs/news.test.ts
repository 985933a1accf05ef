import { expect, test } from "vitest";

import { newsSteps, NO_NEWS, withNews } from "./news.ts";
import { columnsOf, RunSpans, type RunSpan } from "./run-spans.ts";
import { atOnce } from "./slices.ts";
import { treeSteps } from "./span-tree.ts";

const span = (id: number, more: Partial<RunSpan> = {}): RunSpan => ({
  span_id: id.toString(16).padStart(16, "0"),
  name: `step ${id}`,
  service: "fleet",
  start_ns: String(1_780_000_000_000_000_000n + BigInt(id) * 1_000_000_000n),
  duration_seconds: 1,
  ...more,
});
const below = (id: number, parent: number, more: Partial<RunSpan> = {}) =>
  span(id, { parent_span_id: span(parent).span_id, ...more });

const at = (nowMs: number, loadedMs = 0) => ({ nowMs, loadedMs });
const spansOf = ({ spans }: typeof NO_NEWS) => spans.map((heard) => heard.span);

test("of each span the latest news stay, and its end is the last", () => {
  const began = span(1, { ended: false });
  const first = withNews(NO_NEWS, [began, span(2)], at(1000));
  expect(spansOf(first)).toEqual([began, span(2)]);
  const second = withNews(first, [span(1, { duration_seconds: 3 })], at(2000));
  expect(spansOf(second)).toEqual([span(1, { duration_seconds: 3 }), span(2)]);
});

test("what was loaded long after it was heard is no news any more", () => {
  const first = withNews(NO_NEWS, [span(1)], at(1000));
  const second = withNews(first, [span(2)], at(200_000, 5000));
  expect(spansOf(second)).toEqual([span(1), span(2)]);
  expect(spansOf(withNews(second, [], at(300_000, 290_000)))).toEqual([]);
  expect(spansOf(withNews(second, [], at(300_000, 210_000)))).toEqual([span(2)]);
});

test("a tree has its news in their places", () => {
  const tree = atOnce(treeSteps(new RunSpans(columnsOf([span(1, { ended: false }), below(3, 1)]))));
  const news = withNews(
    NO_NEWS,
    [below(2, 1), below(4, 3), span(1, { duration_seconds: 9 })],
    at(1),
  );
  const after = atOnce(newsSteps(tree, news));
  const names = [...(after?.spanOf ?? [])].map((place) => after?.spans.at(place)?.name);
  expect(names).toEqual(["step 1", "step 2", "step 3", "step 4"]);
  expect([...(after?.depthOf ?? [])]).toEqual([0, 1, 1, 2]);
  expect(after?.lengthSeconds).toBe(9);
  expect(atOnce(newsSteps(tree, NO_NEWS))).toBe(tree);
  expect(atOnce(newsSteps(undefined, news))).toBeUndefined();
});
