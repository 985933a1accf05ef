export { createLogQueries, type LogQueries } from "./queries.ts";
export { parseSearch } from "./search-text.ts";
export { cursorOf, severityOfLevel, toLogLine } from "./views.ts";
