import { describeError } from "#lib";

import {
  channelBasics,
  type ChannelContext,
  type Integration,
  type Notification,
  type NotificationChannel,
  type SendResult,
} from "../channel.ts";
import { permanent, quoteAnswer } from "../http.ts";
import { webhookBody } from "../webhook/body.ts";
import { run, type RunResult } from "./run.ts";
import { Slots } from "./slots.ts";

/** Notifications that wait for a run to end. */
const MAX_WAITING = 1000;
/** `EX_TEMPFAIL` of sysexits.h. */
const EXIT_TEMPORARY = 75;

/** What a program may know of this process without being told by the configuration. */
const ALWAYS_PASSED = ["PATH", "LANG", "TZ"] as const;

const later = (error: string, statusCode: number | null = null): SendResult => ({
  ok: false,
  statusCode,
  error,
  retryable: true,
  retryAfterMs: null,
});

function judge({ exitCode, endedBy, stderr }: RunResult, timeoutMs: number): SendResult {
  if (endedBy === "timeout") return later(`did not end within ${timeoutMs} ms and was killed`);
  if (endedBy === "abort") return later("was killed because the attempt was given up");
  if (exitCode === 0) return { ok: true, statusCode: 0 };
  const quoted = quoteAnswer(stderr);
  const said = quoted === "" ? "" : `: ${quoted}`;
  if (exitCode === null) return later(`was ended by ${endedBy}${said}`);
  return exitCode === EXIT_TEMPORARY
    ? later(`ended with ${exitCode}${said}`, exitCode)
    : { ...permanent(`ended with ${exitCode}${said}`), statusCode: exitCode };
}

/** The body of a webhook, with what a webhook says in headers. */
const inputOf = (notification: Notification): Record<string, unknown> => ({
  ...webhookBody(notification, 0),
  id: notification.id,
  tenant: notification.tenant,
  reason: notification.reason,
});

/** Runs a program for each notification, which it is given as JSON on standard input. */
export function createExec(
  integration: Integration<"exec">,
  context: ChannelContext,
): NotificationChannel {
  const { config } = integration;
  const [program = ""] = config.command;
  const slots = new Slots(config.max_concurrency, MAX_WAITING);
  const environment = Object.fromEntries(
    [...ALWAYS_PASSED, ...config.environment].flatMap((name) => {
      // Not a setting of ours: the configuration names what is handed on to programs of others.
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );

  return {
    ...channelBasics(integration, context.receiver),
    target: program,
    async send(notification, signal) {
      if (!context.allowExec)
        return permanent("programs are not run: `alerting.exec.enabled` is false");
      if (!(await slots.take(signal))) return later(`too many runs of ${program} wait already`);
      try {
        const result = await run({
          command: config.command,
          input: `${JSON.stringify(inputOf(notification))}\n`,
          environment,
          directory: config.directory ?? "/",
          timeoutMs: config.timeout,
          signal,
        });
        return judge(result, config.timeout);
      } catch (error) {
        return later(`${program} cannot be started: ${describeError(error)}`);
      } finally {
        slots.give();
      }
    },
    preview: (notification) =>
      Promise.resolve(`${program}\n\n${JSON.stringify(inputOf(notification), null, 2)}`),
  };
}
