export { createExec } from "./exec.ts";
