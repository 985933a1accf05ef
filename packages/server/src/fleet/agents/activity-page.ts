import type { Activity } from "#store";

const ROWS = 4096;

const TEXTS = ["kind", "agent", "peer", "workflow", "conversation", "type"] as const;
const NUMBERS = [
  "endUs",
  "durationUs",
  "quality",
  "rounds",
  "inputTokens",
  "outputTokens",
  "costUsd",
] as const;
const KEYS: readonly (keyof Activity)[] = [
  "traceId",
  "spanId",
  "agents",
  "failed",
  "priced",
  ...TEXTS,
  ...NUMBERS,
];
const FAILED = 1;
const PRICED = 2;
const SPAN_ID_BYTES = 8;

/** Some thousand activities as columns: as objects they would be most of what the garbage collector looks through. */
export class ActivityPage {
  count = 0;
  private readonly cells = new Uint16Array(ROWS * TEXTS.length);
  private readonly numbers = new Float64Array(ROWS * NUMBERS.length);
  private readonly flags = new Uint8Array(ROWS);
  private readonly spanIds = Buffer.alloc(ROWS * SPAN_ID_BYTES);
  private readonly texts: string[] = [""];
  private readonly places = new Map<string, number>([["", 0]]);
  private readonly agents = new Map<number, readonly string[]>();

  get isFull(): boolean {
    // A text takes one of 65,536 numbers.
    return this.count === ROWS || this.texts.length > 65_536 - TEXTS.length;
  }

  /** Adds a row while the page is not full. */
  add(activity: Activity): void {
    const row = this.count++;
    for (const [at, key] of TEXTS.entries())
      this.cells[row * TEXTS.length + at] = this.placeOf(activity[key]);
    for (const [at, key] of NUMBERS.entries())
      this.numbers[row * NUMBERS.length + at] = activity[key];
    this.flags[row] = (activity.failed ? FAILED : 0) | (activity.priced ? PRICED : 0);
    this.spanIds.write(activity.spanId, row * SPAN_ID_BYTES, SPAN_ID_BYTES, "hex");
    if (activity.agents.length > 0) this.agents.set(row, activity.agents);
  }

  text(row: number, at: number): string {
    return this.texts[this.cells[row * TEXTS.length + at] as number] as string;
  }

  number(row: number, at: number): number {
    return this.numbers[row * NUMBERS.length + at] as number;
  }

  hasFlag(row: number, flag: number): boolean {
    return ((this.flags[row] as number) & flag) !== 0;
  }

  spanId(row: number): string {
    return this.spanIds.toString("hex", row * SPAN_ID_BYTES, (row + 1) * SPAN_ID_BYTES);
  }

  agentsOf(row: number): readonly string[] {
    return this.agents.get(row) ?? [];
  }

  /** A row, read where it lies; rows do not change. */
  view(row: number, traceId: string): Activity {
    return new ActivityView(this, row, traceId) as unknown as Activity;
  }

  private placeOf(text: string): number {
    let place = this.places.get(text);
    if (place === undefined) {
      place = this.texts.push(text) - 1;
      this.places.set(text, place);
    }
    return place;
  }
}

class ActivityView {
  readonly page: ActivityPage;
  readonly row: number;
  readonly traceId: string;

  constructor(page: ActivityPage, row: number, traceId: string) {
    this.page = page;
    this.row = row;
    this.traceId = traceId;
  }

  get spanId(): string {
    return this.page.spanId(this.row);
  }

  get agents(): readonly string[] {
    return this.page.agentsOf(this.row);
  }

  get failed(): boolean {
    return this.page.hasFlag(this.row, FAILED);
  }

  get priced(): boolean {
    return this.page.hasFlag(this.row, PRICED);
  }
}

const define = (key: string, get: (this: ActivityView) => unknown): void => {
  Object.defineProperty(ActivityView.prototype, key, { get });
};
for (const [at, key] of TEXTS.entries())
  define(key, function text() {
    return this.page.text(this.row, at);
  });
for (const [at, key] of NUMBERS.entries())
  define(key, function number() {
    return this.page.number(this.row, at);
  });

/** An activity that can be changed. */
export function copyOf(activity: Activity): Activity {
  const copy: Record<string, unknown> = {};
  for (const key of KEYS) copy[key] = activity[key];
  return copy as unknown as Activity;
}
