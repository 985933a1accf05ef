export { createTelegram } from "./telegram.ts";
