import type { LoggedNotification } from "../log/notification-log.ts";
import type { Message, Stage } from "../pipeline.ts";

const isSubset = (of: ReadonlySet<string>, all: ReadonlySet<string> | undefined): boolean => {
  for (const one of of) if (!all?.has(one)) return false;
  return true;
};

const intersects = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean => {
  for (const one of a) if (b.has(one)) return true;
  return false;
};

interface Now {
  firing: ReadonlySet<string>;
  resolved: ReadonlySet<string>;
}

/** Upstream's rules: something new fires, everything is over, something is over, or it is time to repeat. */
function needsTelling(
  { last, integration }: Message,
  { firing, resolved }: Now,
  { nowMs, repeatMs }: { nowMs: number; repeatMs: number },
): boolean {
  if (!last) return firing.size > 0;
  if (!isSubset(firing, last.firing)) return true;
  // Also when the end is not told: the log must not say that they fire.
  if (firing.size === 0) return intersects(resolved, last.open);
  if (integration.config.send_resolved && !isSubset(resolved, last.resolved)) return true;
  return last.atMs < nowMs - repeatMs;
}

/** Those of which the receiver believes that they fire, once it has been told. */
function openAfter(last: LoggedNotification | undefined, { firing, resolved }: Now): Set<string> {
  const open = new Set(last?.open);
  for (const fingerprint of firing) open.add(fingerprint);
  for (const fingerprint of resolved) open.delete(fingerprint);
  return open;
}

/** Leaves out what an integration has been told already, by the notification log. */
export const dedup = (): Stage => (flush, nowMs) => {
  const { tenant, key, route } = flush.group;
  const messages = flush.messages.flatMap((message) => {
    const of = (ended: boolean): Set<string> =>
      new Set(
        message.alerts.flatMap(({ fingerprint, endsAtMs }) =>
          endsAtMs <= nowMs === ended ? fingerprint : [],
        ),
      );
    const now = { firing: of(false), resolved: of(true) };
    const times = { nowMs, repeatMs: route.repeatIntervalMs };
    if (!needsTelling(message, now, times)) return [];
    const next: LoggedNotification = {
      tenant,
      groupKey: key,
      channel: message.channel,
      firing: now.firing,
      resolved: now.resolved,
      open: openAfter(message.last, now),
      notificationId: message.last?.notificationId ?? "",
      atMs: nowMs,
    };
    return { ...message, next };
  });
  return { ...flush, messages };
};
