/** What works in a browser as well: the API, and nothing that measures a process. */
export { ATTRIBUTES, OPERATIONS } from "./attributes.ts";
export * from "./client/index.ts";
export { createFleetlightClient } from "./client/browser.ts";
