export { Edges } from "./edges.ts";
export { MemoryEdges } from "./memory-edges.ts";
export { SqlEdges } from "./sql-edges.ts";
export { BUCKET_COUNT, bucketMiddle, bucketOf, edgeKeyOf, EdgeSums } from "./sum.ts";
export type {
  EdgeKey,
  EdgePart,
  EdgeQuery,
  EdgeRow,
  EdgeStore,
  EdgeSum,
  EdgeTables,
} from "./types.ts";
