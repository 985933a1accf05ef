export { createWebhook } from "./webhook.ts";
