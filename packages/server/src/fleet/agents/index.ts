export { AgentRoom } from "./room.ts";
