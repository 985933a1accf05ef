export { createMatrix } from "./matrix.ts";
