export { PushGateway } from "./gateway.ts";
export { parseGrouping, type Grouping } from "./grouping.ts";
