export { createFileSd } from "./file-sd.ts";
export { TargetFiles } from "./target-files.ts";
export { readTargetGroups } from "./targets.ts";
