import type { SpanRow } from "./types.ts";

/** What a span cost, in USD; undefined when nobody knows. Spans of before there were sources have what was reported. */
export const costOf = ({
  costUsd,
  costSource,
}: Pick<SpanRow, "costUsd" | "costSource">): number | undefined =>
  (costSource ?? "") !== "" || costUsd > 0 ? costUsd : undefined;
