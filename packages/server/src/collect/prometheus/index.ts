export { JobClient } from "./client.ts";
export { createScrapeJobs, type ScrapeJobs, type ScrapeJobsOptions } from "./jobs.ts";
export { compileRelabel } from "./relabel.ts";
export { createTargetViews, NEVER } from "./views.ts";
export type {
  ActiveTargetView,
  DroppedTargetView,
  TargetMetadataView,
  TargetsView,
} from "./types.ts";
