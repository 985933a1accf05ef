export { ATTRIBUTES, OPERATIONS } from "./attributes.ts";
export * from "./client/index.ts";
export { createFleetlightClient } from "./client/node.ts";
export * from "./collector/index.ts";
export * from "./metrics/index.ts";
export * from "./middleware/index.ts";
export * from "./monitoring/index.ts";
