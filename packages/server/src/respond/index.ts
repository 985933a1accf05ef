export { createAlerts, type Alerts } from "./alerts.ts";
