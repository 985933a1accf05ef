import type { Notification } from "../channel.ts";

/** Groups whose message is remembered; of the oldest ones a new message is written. */
const MAX_MESSAGES = 5000;

export interface PostedMessage {
  channel: string;
  ts: string;
  /** Fingerprints that fired when it was last written; undefined when that is not known any more. */
  firing: ReadonlySet<string> | undefined;
}

export function readReference(reference: string | undefined): PostedMessage | undefined {
  const [, channel, ts] = /^([A-Z0-9]{1,32}):(\d{1,16}\.\d{1,16})$/.exec(reference ?? "") ?? [];
  return channel === undefined || ts === undefined ? undefined : { channel, ts, firing: undefined };
}

/** The message of each group that fires. */
export class PostedMessages {
  private readonly byGroup = new Map<string, PostedMessage>();

  get(key: string): PostedMessage | undefined {
    return this.byGroup.get(key);
  }

  set(key: string, message: PostedMessage): void {
    this.byGroup.delete(key);
    this.byGroup.set(key, message);
    const [oldest] = this.byGroup.keys();
    if (this.byGroup.size > MAX_MESSAGES && oldest !== undefined) this.byGroup.delete(oldest);
  }

  delete(key: string): void {
    this.byGroup.delete(key);
  }
}

export const groupOf = ({ tenant, groupKey }: Notification): string => `${tenant}\n${groupKey}`;

export const firingOf = ({ alerts }: Notification): Set<string> =>
  new Set(alerts.filter(({ status }) => status === "firing").map(({ fingerprint }) => fingerprint));
