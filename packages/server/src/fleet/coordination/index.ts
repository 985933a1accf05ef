export { Coordination } from "./coordination.ts";
