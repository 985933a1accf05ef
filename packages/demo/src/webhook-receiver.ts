import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Notifications kept for `GET /received`; the oldest leave first. */
export const MAX_RECEIVED = 100;
/** Longer notifications are refused with 413. */
export const MAX_NOTIFICATION_BYTES = 1024 * 1024;
/** Alerts of one notification that are told; the rest is counted. */
const MAX_TOLD = 20;
const MAX_LINE = 300;

export type ReceivedNotification = {
  /** ISO 8601. */
  at: string;
  status: string;
  alerts: number;
  /** What was told about it, one line per alert. */
  lines: string[];
};

export type WebhookReceiver = {
  /** Where notifications are to be sent, for `notifications.webhook.url`. */
  readonly url: string;
  /** How many notifications came in all. */
  readonly count: number;
  /** The latest notifications, oldest first. */
  received(): ReceivedNotification[];
  stop(): Promise<void>;
};

export type WebhookReceiverOptions = {
  /** Told one readable line per alert. */
  onMessage: (line: string) => void;
  /** A free port when left out. */
  port?: number;
  /** Unix milliseconds. */
  now?: () => number;
};

type WebhookAlert = {
  status?: unknown;
  labels?: Record<string, unknown>;
  annotations?: Record<string, unknown>;
  startsAt?: unknown;
  fingerprint?: unknown;
};

// What comes in is printed on a terminal: it must be one line and must not steer the terminal.
const printable = (value: unknown): string =>
  (typeof value === "string" ? value : "").replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim();

/** One alert in words, e.g. `FIRING critical: Service down, memory-manager - /health answered 503`. */
export function describeAlert(alert: WebhookAlert): string {
  const labels = alert.labels ?? {};
  const annotations = alert.annotations ?? {};
  const name = printable(labels["alertname"]) || "unnamed alert";
  const service = printable(labels["service"] ?? labels["job"] ?? labels["instance"]);
  const severity = printable(labels["severity"]);
  const why = printable(annotations["summary"]) || printable(annotations["description"]);
  const status = (printable(alert.status) || "firing").toUpperCase();
  const line =
    `${status}${severity === "" ? "" : ` ${severity}`}: ${name}` +
    `${service === "" ? "" : `, ${service}`}${why === "" ? "" : ` - ${why}`}`;
  return line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}…` : line;
}

function alertsOf(body: unknown): WebhookAlert[] | null {
  if (typeof body !== "object" || body === null) return null;
  const { alerts } = body as { alerts?: unknown };
  if (!Array.isArray(alerts)) return null;
  return alerts.filter((one): one is WebhookAlert => typeof one === "object" && one !== null);
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

async function readJson(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_NOTIFICATION_BYTES) return { status: 413, body: null };
    chunks.push(chunk);
  }
  try {
    return { status: 200, body: JSON.parse(Buffer.concat(chunks).toString()) };
  } catch {
    return { status: 400, body: null };
  }
}

/**
 * Listens on loopback for Alertmanager-style webhooks (version 4), tells each in a line, and answers `GET /received`.
 * It starts before the server, because the server's configuration names its address.
 */
export async function startWebhookReceiver(
  options: WebhookReceiverOptions,
): Promise<WebhookReceiver> {
  const now = options.now ?? Date.now;
  const kept: ReceivedNotification[] = [];
  let count = 0;

  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { status, body } = await readJson(request);
    const alerts = alertsOf(body);
    if (status !== 200 || alerts === null) {
      const error =
        status === 413 ? "the notification is too long" : "the body must be a webhook v4";
      return answer(response, status === 413 ? 413 : 400, { error });
    }
    const lines = alerts.slice(0, MAX_TOLD).map(describeAlert);
    if (alerts.length > MAX_TOLD) lines.push(`… and ${alerts.length - MAX_TOLD} more alerts`);
    count++;
    const { status: overall } = body as { status?: unknown };
    kept.push({
      at: new Date(now()).toISOString(),
      status: printable(overall),
      alerts: alerts.length,
      lines,
    });
    if (kept.length > MAX_RECEIVED) kept.shift();
    answer(response, 200, { status: "received" });
    for (const line of lines) options.onMessage(line);
  };

  const server = createServer((request, response) => {
    if (request.method === "POST") {
      receive(request, response).catch(() => response.destroy());
    } else if (request.url === "/received") {
      answer(response, 200, { received: kept, count });
    } else if (request.url === "/health") {
      answer(response, 200, { status: "healthy" });
    } else {
      answer(response, 404, { error: "POST notifications here, or GET /received" });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhook`,
    get count() {
      return count;
    },
    received: () => [...kept],
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
