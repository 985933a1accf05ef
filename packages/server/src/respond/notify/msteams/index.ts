export { createMsteams, createMsteamsv2 } from "./msteams.ts";
