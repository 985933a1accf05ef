export { startDemo } from "./demo.ts";
export type { Demo, DemoOptions } from "./demo.ts";
export { isScenario, SCENARIOS } from "./scenarios.ts";
export type { Scenario } from "./scenarios.ts";
export { startWebhookReceiver } from "./webhook-receiver.ts";
export type {
  ReceivedNotification,
  WebhookReceiver,
  WebhookReceiverOptions,
} from "./webhook-receiver.ts";
