export { createNtfy } from "./ntfy.ts";
