/** Spans that are remembered as counted; the oldest are forgotten first. */
const MAX_SPANS = 500_000;

/** Which spans have been counted, so that none counts twice. */
export class CountedSpans {
  private readonly spans = new Map<string, number>();

  /** False when it was counted before. */
  add(tenant: string, span: string, atMs: number): boolean {
    const key = `${tenant} ${span}`;
    if (this.spans.has(key)) return false;
    this.spans.set(key, atMs);
    if (this.spans.size > MAX_SPANS)
      for (const oldest of this.spans.keys()) {
        this.spans.delete(oldest);
        break;
      }
    return true;
  }

  /** They were added in the order of their times, so that the oldest stand in front. */
  forget(beforeMs: number): void {
    for (const [key, atMs] of this.spans) {
      if (atMs >= beforeMs) break;
      this.spans.delete(key);
    }
  }
}
