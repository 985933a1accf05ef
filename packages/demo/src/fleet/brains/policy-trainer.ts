import { normal } from "../random.ts";
import type { Random } from "../random.ts";

const FEATURES = 6;
const ACTIONS = 4;
const TEST_CONTEXTS = 200;

type Context = { features: Float64Array; best: number };

/** Figures of one training step over a batch of episodes. */
export type TrainingStep = { reward: number; episodes: number };

/** Figures on contexts that the policy was not trained on. */
export type Evaluation = { loss: number; accuracy: number };

/**
 * Learns which of four agents suits a task, by REINFORCE with a baseline: it tries an agent, sees only whether that was
 * the best one (reward 1 or 0), and makes good choices more likely. A new trainer is a new world with other best agents.
 */
export class PolicyTrainer {
  readonly #random: Random;
  readonly #rate: number;
  readonly #world: Float64Array[];
  readonly #weights: Float64Array[];
  readonly #test: Context[];
  #baseline = 1 / ACTIONS;

  constructor(random: Random, rate: number) {
    this.#random = random;
    this.#rate = rate;
    const row = () => Float64Array.from({ length: FEATURES }, () => normal(random));
    this.#world = Array.from({ length: ACTIONS }, row);
    this.#weights = Array.from({ length: ACTIONS }, () => new Float64Array(FEATURES));
    this.#test = Array.from({ length: TEST_CONTEXTS }, () => this.#context());
  }

  step(episodes: number): TrainingStep {
    let reward = 0;
    for (let i = 0; i < episodes; i++) reward += this.#episode();
    return { reward: reward / episodes, episodes };
  }

  /** Mean surprise at the best action (cross-entropy in nats) and how often the likeliest action is the best. */
  evaluate(): Evaluation {
    let loss = 0;
    let hits = 0;
    for (const { features, best } of this.#test) {
      const odds = softmax(scores(this.#weights, features));
      loss -= Math.log(Math.max(odds[best] ?? 0, 1e-12));
      if (argmax(odds) === best) hits++;
    }
    return { loss: loss / TEST_CONTEXTS, accuracy: hits / TEST_CONTEXTS };
  }

  #context(): Context {
    const features = Float64Array.from({ length: FEATURES }, () => normal(this.#random));
    return { features, best: argmax(scores(this.#world, features)) };
  }

  #episode(): number {
    const { features, best } = this.#context();
    const odds = softmax(scores(this.#weights, features));
    const action = draw(odds, this.#random());
    const reward = action === best ? 1 : 0;
    const advantage = reward - this.#baseline;
    this.#baseline += 0.01 * advantage;
    this.#weights.forEach((row, at) => {
      const step = this.#rate * advantage * ((at === action ? 1 : 0) - (odds[at] ?? 0));
      for (let i = 0; i < FEATURES; i++) row[i] = (row[i] ?? 0) + step * (features[i] ?? 0);
    });
    return reward;
  }
}

function scores(rows: readonly Float64Array[], features: Float64Array): number[] {
  return rows.map((row) => row.reduce((sum, weight, at) => sum + weight * (features[at] ?? 0), 0));
}

function softmax(values: readonly number[]): number[] {
  const top = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - top));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

function argmax(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}

function draw(odds: readonly number[], roll: number): number {
  let sum = 0;
  for (let at = 0; at < odds.length; at++) {
    sum += odds[at] ?? 0;
    if (roll < sum) return at;
  }
  return odds.length - 1;
}
