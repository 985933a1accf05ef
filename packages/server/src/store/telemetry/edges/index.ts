export { Edges } from "./edges.ts";
export { MemoryEdges } from "./memory-edges.ts";
export { SqlEdges } from "./sql-edges.ts";
export { addFigures, bucketMiddle, bucketOf, edgeKeyOf, mergeSums, sumRows } from "./sum.ts";
export type {
  EdgeFigures,
  EdgeKey,
  EdgeQuery,
  EdgeRow,
  EdgeStore,
  EdgeSum,
  EdgeTables,
} from "./types.ts";
