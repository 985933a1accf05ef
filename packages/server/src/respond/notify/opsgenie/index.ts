export { createOpsgenie } from "./opsgenie.ts";
