export { createFileSd } from "./file-sd.ts";
