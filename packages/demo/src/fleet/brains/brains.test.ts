import { describe, expect, it } from "vitest";

import { seededRandom } from "../random.ts";
import { planOf, randomExpression, runStep } from "./arithmetic.ts";
import { InvertedIndex } from "./inverted-index.ts";
import { PolicyTrainer } from "./policy-trainer.ts";
import { CLASSES, randomText, TextClassifier } from "./text-classifier.ts";

const calculate = (expression: string): number | undefined => {
  const results: number[] = [];
  for (const step of planOf(expression)) results.push(runStep(step, results));
  return results.at(-1);
};

describe("text classifier", () => {
  it("is right about most texts that it has never seen, and knows how sure it is", () => {
    const random = seededRandom(1);
    const examples = Array.from({ length: 400 }, () => randomText(random));
    const model = new TextClassifier(examples, { passes: 5, rate: 0.1 });
    const fresh = Array.from({ length: 300 }, () => randomText(random));
    const right = fresh.filter(({ text, label }) => model.classify(text).label === label).length;
    expect(right / fresh.length).toBeGreaterThan(0.8);
    const untrained = new TextClassifier(examples, { passes: 0, rate: 0 });
    expect(untrained.classify("invoice").confidence).toBeCloseTo(1 / CLASSES.length);
    expect(model.classify("invoice refund charge").confidence).toBeGreaterThan(0.8);
  });
});

describe("policy trainer", () => {
  it("makes the loss fall and the reward rise from pure guessing", () => {
    const trainer = new PolicyTrainer(seededRandom(7), 0.1);
    const before = trainer.evaluate();
    const firstReward = trainer.step(64).reward;
    for (let i = 0; i < 100; i++) trainer.step(32);
    const after = trainer.evaluate();
    expect(before.loss).toBeCloseTo(Math.log(4));
    expect(after.loss).toBeLessThan(before.loss * 0.6);
    expect(after.accuracy).toBeGreaterThan(0.75);
    expect(trainer.step(256).reward).toBeGreaterThan(firstReward + 0.2);
  });
});

describe("inverted index", () => {
  it("puts the document with the rarer words first", () => {
    const index = new InvertedIndex(10);
    index.add("a", "the agent plans the route");
    index.add("b", "the agent forgets");
    index.add("c", "the weather");
    expect(index.search("agent route", 5).map((hit) => hit.id)).toEqual(["a", "b"]);
    expect(index.search("agent route", 1)).toHaveLength(1);
    expect(index.search("unheard", 5)).toEqual([]);
  });

  it("drops the oldest document and its words when it is full", () => {
    const index = new InvertedIndex(2);
    for (const [at, word] of ["one", "two", "three"].entries()) index.add(String(at), word);
    expect([index.size, index.terms, index.evicted]).toEqual([2, 2, 1]);
    expect(index.search("one", 5)).toEqual([]);
    index.add("1", "four");
    expect(index.search("two", 5)).toEqual([]);
    expect(index.size).toBe(2);
  });
});

describe("arithmetic plans", () => {
  const cases: [string, number][] = [
    ["1 + 2 * 3", 7],
    ["(1 + 2) * 3", 9],
    ["8 - 2 - 1", 5],
    ["8 / (4 / 2)", 4],
    ["2*3+4*5", 26],
  ];
  for (const [expression, expected] of cases) {
    it(`compute ${expression}`, () => expect(calculate(expression)).toBe(expected));
  }
  for (const wrong of ["1 +", "(1", "1)", "1 2", "x + 1", "", "1".repeat(501)]) {
    it(`refuse ${JSON.stringify(wrong.slice(0, 10))}`, () => {
      expect(() => planOf(wrong)).toThrow(SyntaxError);
    });
  }
  it("cover every expression that the demo makes", () => {
    const random = seededRandom(3);
    for (let i = 0; i < 200; i++) {
      expect(planOf(randomExpression(random)).length).toBeGreaterThan(0);
    }
  });
});
