export type { Doors, Ingest, ProcessFigures } from "./doors.ts";
export { createHttp, createHttpInstruments } from "./http/server.ts";
export { RealtimeHub } from "./realtime/hub.ts";
