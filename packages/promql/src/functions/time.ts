import { Vector, type Scalar } from "../engine/vector.ts";
import { Labels } from "../labels.ts";
import { daysInMonth, momentOf, type Moment } from "./calendar.ts";
import type { Call, VectorFunction } from "./types.ts";
import { mapFloats, vectorArgument } from "./vectors.ts";

const partOf: Record<string, (moment: Moment) => number> = {
  year: (moment) => moment.year,
  month: (moment) => moment.month,
  day_of_month: (moment) => moment.day,
  day_of_week: (moment) => moment.weekday,
  day_of_year: (moment) => moment.yearDay,
  days_in_month: (moment) => daysInMonth(moment.year, moment.month),
  hour: (moment) => moment.hour,
  minute: (moment) => moment.minute,
};

function part(call: Call, of: (moment: Moment) => number) {
  if (call.args.length > 0) {
    return mapFloats(vectorArgument(call, 0), call.ctx, (value) => of(momentOf(value)));
  }
  const { steps } = call.ctx;
  const vector = new Vector(steps, 1);
  vector.addRow(Labels.empty, false);
  for (let step = 0; step < steps; step++) {
    vector.values[step] = of(momentOf(Math.trunc(stepMs(call, step) / 1000)));
  }
  vector.present.fill(1);
  return vector;
}

function stepMs(call: Call, step: number): number {
  return step === 0 ? call.ctx.startMs : call.ctx.startMs + step * call.ctx.stepMs;
}

function constant(call: Call, value: number): Scalar {
  return { kind: "scalar", values: new Float64Array(call.ctx.steps).fill(value) };
}

function time(call: Call): Scalar {
  const values = new Float64Array(call.ctx.steps);
  for (let step = 0; step < values.length; step++) values[step] = stepMs(call, step) / 1000;
  return { kind: "scalar", values };
}

/** Of anything but a selector: the time of the step. */
function timestamp(call: Call): Vector {
  const vector = vectorArgument(call, 0);
  vector.histograms = undefined;
  for (let row = 0; row < vector.rows; row++) {
    for (let step = 0; step < vector.steps; step++) {
      vector.values[row * vector.steps + step] = stepMs(call, step) / 1000;
    }
  }
  vector.dropName.fill(1, 0, vector.rows);
  return vector;
}

/** Of anything but a selector there is none. */
function startTimestamp(call: Call): Vector {
  return new Vector(call.ctx.steps);
}

export const timeFunctions: [string, VectorFunction][] = [
  ...Object.entries(partOf).map(([name, of]): [string, VectorFunction] => [
    name,
    (call) => part(call, of),
  ]),
  ["time", time],
  ["timestamp", timestamp],
  ["start_timestamp", startTimestamp],
  ["pi", (call) => constant(call, Math.PI)],
  // These tell about the whole query, also inside of subqueries.
  ["start", (call) => constant(call, call.ctx.plan.bounds.startMs / 1000)],
  ["end", (call) => constant(call, call.ctx.plan.bounds.endMs / 1000)],
  ["step", (call) => constant(call, call.ctx.plan.bounds.stepMs / 1000)],
  [
    "range",
    (call) => constant(call, (call.ctx.plan.bounds.endMs - call.ctx.plan.bounds.startMs) / 1000),
  ],
];
