import type { LookupAddress } from "node:dns";
import type { LookupFunction } from "node:net";

import type { AddressFilter } from "./outbound-address.ts";
import { blockedAddress } from "./outbound-errors.ts";

type Callback = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void;

/** Finds all addresses of a name, as `dns.lookup` with `all: true`. */
export type Resolve = (hostname: string, callback: Callback) => void;

interface Answer {
  error: NodeJS.ErrnoException | null;
  addresses: LookupAddress[];
  untilMs: number;
}

const MAX_NAMES = 10_000;
/** Node runs two look-ups at a time: without memory one dead name server delays every check. */
const KEEP_ADDRESSES_MS = 10_000;
const KEEP_FAILURE_MS = 2000;

/** Each name is looked up once at a time, and its answer used for some seconds. */
function rememberAnswers(resolve: Resolve, nowMs: () => number): Resolve {
  const answers = new Map<string, Answer>();
  const waiting = new Map<string, Callback[]>();

  return (hostname, callback) => {
    const known = answers.get(hostname);
    if (known && known.untilMs > nowMs()) {
      callback(known.error, known.addresses);
      return;
    }
    const others = waiting.get(hostname);
    if (others) {
      others.push(callback);
      return;
    }
    const callbacks = [callback];
    waiting.set(hostname, callbacks);
    resolve(hostname, (error, addresses) => {
      waiting.delete(hostname);
      if (answers.size >= MAX_NAMES) answers.clear();
      const untilMs = nowMs() + (error ? KEEP_FAILURE_MS : KEEP_ADDRESSES_MS);
      answers.set(hostname, { error, addresses, untilMs });
      for (const one of callbacks) one(error, addresses);
    });
  };
}

/**
 * A look-up for `net.connect` that answers allowed addresses only. The check is made on the very addresses that are
 * connected to, so a name that changes its address between two questions (DNS rebinding) gains nothing.
 */
export function createGuardedLookup(
  filter: AddressFilter,
  resolve: Resolve,
  nowMs: () => number,
): LookupFunction {
  const remembered = rememberAnswers(resolve, nowMs);
  return (hostname, options, callback) => {
    remembered(hostname, (error, addresses) => {
      const allowed = addresses?.filter(({ address }) => filter(address) === null) ?? [];
      const [first] = allowed;
      const refused = addresses?.[0]?.address;
      if (error) callback(error, "", 0);
      else if (first && options.all) callback(null, allowed);
      else if (first) callback(null, first.address, first.family);
      else if (refused === undefined) {
        callback(Object.assign(new Error("no address"), { code: "ENOTFOUND" }), "", 0);
      } else callback(blockedAddress(hostname, refused, filter(refused) ?? ""), "", 0);
    });
  };
}
