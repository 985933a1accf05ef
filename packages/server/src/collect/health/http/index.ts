export { httpChecker } from "./probe.ts";
