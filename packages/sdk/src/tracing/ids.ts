const WORD_DIGITS = 8;
const SPAN_DIGITS = 16;
const TWO_32 = 2 ** 32;

/** Ids must be different, and need not be secret: Node's cryptography would cost 4 MiB and more time than the rest of a span. */
const word = (): number => (Math.random() * TWO_32) | 0;

const digits = (value: number): string => (value >>> 0).toString(16).padStart(WORD_DIGITS, "0");

/** Eight hexadecimal digits as a number; 0 for what is none. */
const wordAt = (text: string, at: number): number =>
  Number.parseInt(text.slice(at, at + WORD_DIGITS), 16) | 0;

/**
 * The id of a span, in two words; that of a trace has two more. Most are only ever written as bytes: the text is made when
 * somebody asks for it.
 */
export class Id {
  readonly high: number;
  readonly low: number;
  /** Of a trace: the words in front of these. */
  readonly front: Id | null;
  #text: string | null = null;

  constructor(high: number, low: number, front: Id | null) {
    this.high = high;
    this.low = low;
    this.front = front;
  }

  get text(): string {
    return (this.#text ??= (this.front?.text ?? "") + digits(this.high) + digits(this.low));
  }
}

/** The id that a text of another library means. */
export function idOf(text: string): Id {
  const at = Math.max(0, text.length - SPAN_DIGITS);
  const front = at === 0 ? null : new Id(wordAt(text, 0), wordAt(text, WORD_DIGITS), null);
  return new Id(wordAt(text, at), wordAt(text, at + WORD_DIGITS), front);
}

export function newSpanId(): Id {
  const high = word();
  const low = word();
  // All zero is no id; it will not be met with in the life of the universe.
  return (high | low) === 0 ? newSpanId() : new Id(high, low, null);
}

export const newTraceId = (): Id => new Id(word(), word(), newSpanId());
