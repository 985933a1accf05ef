/** What the demo fleet goes through; see docs of `fleetlight demo --scenario`. */
export const SCENARIOS = ["calm", "outage", "overload"] as const;
export type Scenario = (typeof SCENARIOS)[number];

export type OutagePlan = {
  /** Milliseconds from the start to the first break. */
  firstMs: number;
  /** Milliseconds that a break lasts. */
  lastsMs: number;
  /** Milliseconds from the start of one break to that of the next. */
  everyMs: number;
};

export type LoadPlan = {
  /** Workflows started per second at the beginning, and after an overload. */
  baseRate: number;
  /** Workflows per second at which the growth ends; equal to `baseRate` for a steady load. */
  peakRate: number;
  /** Milliseconds of steady load before it grows. */
  calmMs: number;
  /** Milliseconds from base to peak. */
  growMs: number;
  /** Milliseconds at the peak, after which the load falls to the base at once. */
  peakMs: number;
};

export type ScenarioPlan = { load: LoadPlan; outage: OutagePlan | null };

const steady: LoadPlan = { baseRate: 1, peakRate: 1, calmMs: 60_000, growMs: 0, peakMs: 0 };

/** The agents finish about 16 tasks a second (see fleet/services/coordination.ts): the overload's peak is above that. */
export const PLANS: Record<Scenario, ScenarioPlan> = {
  calm: { load: steady, outage: null },
  outage: { load: steady, outage: { firstMs: 20_000, lastsMs: 40_000, everyMs: 120_000 } },
  overload: {
    load: { baseRate: 2, peakRate: 32, calmMs: 15_000, growMs: 30_000, peakMs: 45_000 },
    outage: null,
  },
};

export function isScenario(text: string): text is Scenario {
  return (SCENARIOS as readonly string[]).includes(text);
}

/** Workflows per second at `elapsedMs` after the start; the pattern repeats. */
export function rateAt(plan: LoadPlan, elapsedMs: number): number {
  const at = elapsedMs % (plan.calmMs + plan.growMs + plan.peakMs);
  if (at < plan.calmMs) return plan.baseRate;
  const grown = plan.growMs === 0 ? 1 : Math.min(1, (at - plan.calmMs) / plan.growMs);
  return plan.baseRate + (plan.peakRate - plan.baseRate) * grown;
}

/** Reads `first,lasts,every` in seconds. @throws Error with a sentence for the user. */
export function parseOutage(text: string): OutagePlan {
  const [first, lasts, every, ...rest] = text.split(",").map((part) => Number(part) * 1000);
  const ok = (value: number | undefined): value is number => value !== undefined && value > 0;
  if (!ok(first) || !ok(lasts) || !ok(every) || lasts >= every || rest.length > 0) {
    throw new Error("an outage is three numbers of seconds, first,lasts,every, with lasts < every");
  }
  return { firstMs: first, lastsMs: lasts, everyMs: every };
}
