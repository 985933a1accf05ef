export { Inhibitor } from "./inhibitor.ts";
export { mutesOf, type NamedIntervals } from "./intervals.ts";
export { createRouter, groupKey, groupLabels, type Router } from "./routes.ts";
