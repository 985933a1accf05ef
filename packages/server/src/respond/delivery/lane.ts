import type { NewNotification, PendingNotification } from "#store";

/** Notifications of one lane above which no further ones are taken: the log then says that they are still to be told. */
const MAX_WAITING = 16;

/** A notification that waits, with what it says when that is known. */
export interface Waiting extends PendingNotification {
  /** `<fingerprint> <status>` of each alert; undefined for what an earlier process left. */
  says: ReadonlySet<string> | undefined;
  /** Another one is about to take its place. */
  isHeld: boolean;
  isInFlight: boolean;
  /** Whether its wait is one of ours, and not what the receiver asked for. */
  isBackingOff: boolean;
  hasFallback: boolean;
}

/** Notifications to one integration about one group: they go out one after the other, the beginning before the end. */
export interface Lane {
  key: string;
  channel: string;
  waiting: Waiting[];
  /** When it is in the heap of its channel; a lane is in it once. */
  dueMs: number;
}

export const channelOf = ({
  receiver,
  integration,
}: {
  receiver: string;
  integration: string;
}): string => `${receiver}/${integration}`;

export const laneKey = (
  one: Pick<PendingNotification, "receiver" | "integration" | "tenant" | "groupKey">,
): string => `${channelOf(one)}\n${one.tenant}\n${one.groupKey}`;

export const saysOf = ({ alerts }: NewNotification): Set<string> =>
  new Set(alerts.map(({ fingerprint, status }) => `${fingerprint} ${status}`));

export const waitingOf = (
  pending: PendingNotification,
  says: ReadonlySet<string> | undefined,
): Waiting => ({
  ...pending,
  says,
  isHeld: false,
  isInFlight: false,
  isBackingOff: false,
  hasFallback: false,
});

const isWithin = (part: ReadonlySet<string>, all: ReadonlySet<string>): boolean => {
  for (const one of part) if (!all.has(one)) return false;
  return true;
};

/**
 * Which of the waiting notifications a new one makes needless, because it says all that they say; undefined when there
 * is no room for it.
 */
export function replacedIn(
  lane: Lane | undefined,
  says: ReadonlySet<string>,
): Waiting[] | undefined {
  if (!lane) return [];
  const replaced: Waiting[] = [];
  for (const one of lane.waiting.toReversed()) {
    // Only from the end: what stands before something that stays was said before it, and is still told before it.
    if (one.isInFlight || one.isHeld || !one.says || !isWithin(one.says, says)) break;
    replaced.push(one);
  }
  return lane.waiting.length - replaced.length >= MAX_WAITING ? undefined : replaced;
}
