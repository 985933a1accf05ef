export { GrpcDoor } from "./door.ts";
export { codeOf } from "./status.ts";
