export { Tails } from "./realtime/tails.ts";
export type { Doors, Ingest, ProcessFigures } from "./doors.ts";
export { GrpcDoor } from "./grpc/index.ts";
export { createHttp, createHttpInstruments, type FrontDoor } from "./http/server.ts";
export { markOwn } from "./http/own-requests.ts";
export { RealtimeHub } from "./realtime/hub.ts";
