export { GrpcDoor } from "./door.ts";
