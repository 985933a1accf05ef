export { createPromQLQueries } from "./queries.ts";
export { createCatalog, type Catalog, type CatalogRequest } from "./catalog.ts";
export { selectorOf } from "./matchers.ts";
export { labelsJson, ResultWriter, statsJson } from "./result-json.ts";
export type { PromQLOptions, PromQLQueries, PromQLStats } from "./types.ts";
export { sortInTurns } from "./sort.ts";
