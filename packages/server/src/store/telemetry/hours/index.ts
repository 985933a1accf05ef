export { gapsOf, HOUR_MS, HourBook, hourOf, type FillRules, type HourRun } from "./hour-book.ts";
export { startFilling, type HourFiller } from "./filler.ts";
