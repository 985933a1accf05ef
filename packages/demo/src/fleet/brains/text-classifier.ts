import { pick } from "../random.ts";
import type { Random } from "../random.ts";

/** Words that texts of a class are made of; the words of `COMMON` appear in all of them. */
const TOPICS: Record<string, readonly string[]> = {
  billing: ["invoice", "refund", "charge", "payment", "price", "card", "receipt", "subscription"],
  outage: ["down", "error", "timeout", "crash", "unreachable", "failed", "slow", "broken"],
  feature: ["add", "support", "wish", "export", "theme", "option", "integrate", "shortcut"],
  account: ["password", "login", "email", "profile", "invite", "role", "team", "permission"],
};
const COMMON = ["please", "the", "my", "is", "with", "page", "since", "today", "we", "cannot"];

export const CLASSES: readonly string[] = Object.keys(TOPICS);

export type LabelledText = { text: string; label: string };

/** Splits a text into lower-case words. */
export function words(text: string): string[] {
  return text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
}

/** A support request of a random class. Some words are of another class, so that the task is not trivial. */
export function randomText(random: Random): LabelledText {
  const label = pick(random, CLASSES);
  const length = 6 + Math.floor(random() * 6);
  const chosen: string[] = [];
  for (let i = 0; i < length; i++) {
    const roll = random();
    const source =
      roll < 0.45 ? COMMON : (TOPICS[roll < 0.9 ? label : pick(random, CLASSES)] ?? COMMON);
    chosen.push(pick(random, source));
  }
  return { text: chosen.join(" "), label };
}

export type Prediction = { label: string; confidence: number };

/** Softmax regression on the words of a text, trained by gradient descent when it is made. */
export class TextClassifier {
  readonly #vocabulary = new Map<string, number>();
  /** One row per class: a bias, then one weight per word. */
  readonly #weights: Float64Array[];

  constructor(examples: readonly LabelledText[], options: { passes: number; rate: number }) {
    for (const { text } of examples) {
      for (const word of words(text)) {
        if (!this.#vocabulary.has(word)) this.#vocabulary.set(word, this.#vocabulary.size + 1);
      }
    }
    this.#weights = CLASSES.map(() => new Float64Array(this.#vocabulary.size + 1));
    for (let pass = 0; pass < options.passes; pass++) {
      for (const example of examples) this.#learn(example, options.rate);
    }
  }

  get parameters(): number {
    return this.#weights.reduce((sum, row) => sum + row.length, 0);
  }

  classify(text: string): Prediction {
    const odds = this.#probabilities(this.#features(text));
    let best = 0;
    odds.forEach((value, at) => {
      if (value > (odds[best] ?? 0)) best = at;
    });
    return { label: CLASSES[best] ?? "", confidence: odds[best] ?? 0 };
  }

  #features(text: string): number[] {
    return words(text).flatMap((word) => this.#vocabulary.get(word) ?? []);
  }

  #probabilities(features: readonly number[]): number[] {
    const scores = this.#weights.map((row) =>
      features.reduce((sum, at) => sum + (row[at] ?? 0), row[0] ?? 0),
    );
    const top = Math.max(...scores);
    const powers = scores.map((score) => Math.exp(score - top));
    const total = powers.reduce((sum, power) => sum + power, 0);
    return powers.map((power) => power / total);
  }

  #learn({ text, label }: LabelledText, rate: number): void {
    const features = this.#features(text);
    const odds = this.#probabilities(features);
    this.#weights.forEach((row, at) => {
      const step = rate * ((CLASSES[at] === label ? 1 : 0) - (odds[at] ?? 0));
      row[0] = (row[0] ?? 0) + step;
      for (const feature of features) row[feature] = (row[feature] ?? 0) + step;
    });
  }
}
