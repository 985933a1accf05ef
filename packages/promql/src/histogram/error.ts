/** Thrown for a histogram that cannot be: malformed bytes, inconsistent spans, an unknown schema. Messages are upstream's. */
export class HistogramError extends Error {
  override readonly name = "HistogramError";
}
