export { createPushover } from "./pushover.ts";
