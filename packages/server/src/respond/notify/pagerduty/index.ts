export { createPagerduty } from "./pagerduty.ts";
