export { heartbeatChecker } from "./probe.ts";
