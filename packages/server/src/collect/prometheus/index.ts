export type {
  ActiveTargetView,
  DroppedTargetView,
  TargetMetadataView,
  TargetsView,
} from "./types.ts";
