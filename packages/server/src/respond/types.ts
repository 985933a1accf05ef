import type { ChannelKindName } from "#config";

/**
 * An alert on its way to people, whoever raised it: a rule of ours, a Prometheus, `amtool`. As in Alertmanager its
 * labels are its identity, and the rest of it is what was said last.
 */
export interface PipelineAlert {
  tenant: string;
  /** Of the labels, as upstream computes it (FNV-1a, 64 bits): 16 hexadecimal digits. */
  fingerprint: string;
  /** Without empty values; `alertname` is among them as a rule. */
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  /** Unix milliseconds. */
  startsAtMs: number;
  /** When it ended or will be taken for ended; Infinity for an alert of a rule, which ends when the rule says so. */
  endsAtMs: number;
  updatedAtMs: number;
  generatorUrl: string;
  /** Id of our own alert (`GET /api/v1/alerts/{id}`); null for one that came from outside. */
  alertId: string | null;
  /** Whether its sender gave no end, so that it ends `resolve_timeout` after the latest news. */
  timesOut: boolean;
  /** How long nobody is told again of it once it ended and began anew; 0 for one that came from outside. */
  cooldownMs: number;
}

/** An alert inside of a notification; the names are those of webhook v4 and of templates. */
export interface NotifiedAlert {
  status: "firing" | "resolved";
  labels: Record<string, string>;
  annotations: Record<string, string>;
  /** ISO 8601; `endsAt` is `0001-01-01T00:00:00Z` while the alert has not ended. */
  startsAt: string;
  endsAt: string;
  generatorURL: string;
  fingerprint: string;
}

/** What is kept in the outbox and given to a channel: facts, not text, so that a retry uses the latest templates. */
export interface Notification {
  /** Names the notification for ever; the same for every attempt, so that a receiver recognises a repetition. */
  id: string;
  tenant: string;
  receiver: string;
  /** `webhook[0]`: kind and place inside of the receiver. */
  integration: string;
  groupKey: string;
  status: "firing" | "resolved";
  /** Firing ones first, then by labels. */
  alerts: NotifiedAlert[];
  groupLabels: Record<string, string>;
  commonLabels: Record<string, string>;
  commonAnnotations: Record<string, string>;
  /** Where people reach this server. */
  externalUrl: string;
  createdAtMs: number;
  /** Why it was made: by the group's timers, by an escalation step, by "send test", or because another channel was dead. */
  reason: "group" | "escalation" | "test" | "fallback";
  /** Somebody takes care of all of the alerts; only channels that can pass this on are told. */
  acknowledged?: { by: string; note: string };
}

/** What came of one attempt. */
export type SendResult =
  | {
      ok: true;
      statusCode: number | null;
      /** Where the message can be seen or changed later, such as Slack's `ts`. */ reference?: string;
    }
  | {
      ok: false;
      statusCode: number | null;
      /** In words that a person understands, without secrets. */
      error: string;
      /** False when the same notification can never succeed. */
      retryable: boolean;
      /** When the receiver wishes to be asked again. */
      retryAfterMs: number | null;
      /** What the next attempt has to know, such as who was told already; it replaces that of the attempt before. */
      reference?: string;
    };

/** One configured way of telling somebody: an integration of a receiver. */
export interface NotificationChannel {
  readonly kind: ChannelKindName;
  /** Name of the receiver and the integration: `ops/webhook[0]`. */
  readonly name: string;
  /** Where it goes, without secrets. */
  readonly target: string;
  readonly sendResolved: boolean;
  /** Attempts before a notification is given up; 0 is no limit. */
  readonly maxAttempts: number;
  readonly maxAgeMs: number;
  /** One attempt. Never rejects. `reference` is what the latest failed attempt for this notification left. */
  send(notification: Notification, signal: AbortSignal, reference?: string): Promise<SendResult>;
  /** What would be sent, as text for people: templates are expanded, secrets are not shown. */
  preview(notification: Notification): Promise<string>;
  /** Gives back connections that are kept; called once, when nothing is under way. Not there when nothing is kept. */
  close?(): Promise<void>;
}
