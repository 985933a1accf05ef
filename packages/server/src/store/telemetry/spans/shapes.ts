import { SPAN_SHAPE_KEYS, type SpanShape } from "@fleetlight/contract";

/** Pairs of numbers, numbered in the order in which they came. */
class Pairs {
  private readonly byFirst: Map<number, number>[] = [];
  count = 0;

  /** Its number, which is `count` before for a new one. */
  of(first: number, second: number): number {
    const own = (this.byFirst[first] ??= new Map());
    let number = own.get(second);
    if (number === undefined) own.set(second, (number = this.count++));
    return number;
  }
}

/** The same texts have the same numbers. */
class TextNumbers {
  private readonly numbers = new Map<string, number>();

  of(text: string): number {
    let number = this.numbers.get(text);
    if (number === undefined) this.numbers.set(text, (number = this.numbers.size));
    return number;
  }
}

/**
 * Numbers what spans have in common. Shapes are found without making a text of each span: by the numbers of its texts,
 * one after the other.
 */
export class Shapes {
  readonly list: SpanShape[] = [];
  private readonly texts = SPAN_SHAPE_KEYS.map(() => new TextNumbers());
  private readonly pairs = SPAN_SHAPE_KEYS.map(() => new Pairs());

  /** The number of a text at a place of `SPAN_SHAPE_KEYS`. */
  textNumber(place: number, text: string): number {
    return (this.texts[place] as TextNumbers).of(text);
  }

  /**
   * The number of the shape with these texts.
   * @param numberAt the number of the text at each place of `SPAN_SHAPE_KEYS`
   * @param make called for one that has not been seen
   */
  of(numberAt: (place: number) => number, make: () => SpanShape): number {
    let number = 0;
    for (let place = 0; place < SPAN_SHAPE_KEYS.length; place++)
      number = (this.pairs[place] as Pairs).of(number, numberAt(place));
    if (number === this.list.length) this.list.push(make());
    return number;
  }
}
