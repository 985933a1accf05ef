import type { Alert, Delivery } from "@fleetlight/contract";

/** What came of one attempt. */
export type SendResult =
  | { ok: true; statusCode: number | null }
  | {
      ok: false;
      statusCode: number | null;
      /** In words that a person understands, without secrets. */
      error: string;
      /** False when the same notification can never succeed. */
      retryable: boolean;
      /** When the receiver wishes to be asked again. */
      retryAfterMs: number | null;
    };

/** One way of telling somebody. One folder under notify/ per kind. */
export interface NotificationChannel {
  readonly name: string;
  /** Where it goes, without secrets. */
  readonly target: string;
  readonly sendResolved: boolean;
  /** Attempts before a notification is given up; 0 is no limit. */
  readonly maxAttempts: number;
  readonly maxAgeMs: number;
  /** The text that will be sent; it is kept, so it MUST hold no secrets. */
  format(alert: Alert, status: Delivery["status"]): string;
  /** One attempt. Never rejects. `key` is the same for every attempt. */
  send(body: string, key: string, signal: AbortSignal): Promise<SendResult>;
}

/** Names a notification for ever; receivers recognise a repetition by it. */
export const deliveryKey = (alertId: string, channel: string, status: Delivery["status"]): string =>
  `${alertId}.${channel}.${status}`;
