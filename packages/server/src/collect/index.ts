export * from "./discovery/index.ts";
export * from "./health/index.ts";
export * from "./host/index.ts";
export * from "./limits/index.ts";
export * from "./prometheus/index.ts";
export * from "./remote-write/index.ts";
export * from "./scrape/index.ts";
export * from "./services/index.ts";
