export { checkTemplates, createTemplates } from "./templates.ts";
