import { FleetlightError } from "#lib";

const WINDOW_MS = 60_000;
/** Groups of an IPv6 address that belong to one network, which one client may have all of. */
const NETWORK_GROUPS = 4;

/** What is counted as one client: an address, or of IPv6 its network of 64 bits. */
export function clientOf(address: string): string {
  if (!address.includes(":")) return address;
  const mapped = address.lastIndexOf(":") + 1;
  if (address.includes(".", mapped)) return address.slice(mapped);
  const [head = "", tail] = address.split("::", 2);
  const [first, last] = [head, tail ?? ""].map((part) => part.split(":").filter(Boolean)) as [
    string[],
    string[],
  ];
  const zeros = Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => "0");
  return [...first, ...zeros, ...last].slice(0, NETWORK_GROUPS).join(":");
}

interface Window {
  count: number;
  endsMs: number;
}

/** What a client is told of its window. */
export interface Allowance {
  limit: number;
  /** Requests that are left; negative when this one is too many. */
  remaining: number;
  resetSeconds: number;
}

/** Counts requests per client in windows of a minute each; the oldest windows go when there are too many clients. */
export class RequestWindows {
  private readonly windows = new Map<string, Window>();
  private readonly maxClients: number;

  constructor(maxClients: number) {
    this.maxClients = maxClients;
  }

  count(client: string, limit: number, nowMs: number): Allowance {
    const { windows } = this;
    let window = windows.get(client);
    if (window === undefined || window.endsMs <= nowMs) {
      window = { count: 0, endsMs: nowMs + WINDOW_MS };
      windows.delete(client);
      windows.set(client, window);
      if (windows.size > this.maxClients)
        for (const oldest of windows.keys()) {
          windows.delete(oldest);
          break;
        }
    }
    const remaining = limit - ++window.count;
    return { limit, remaining, resetSeconds: Math.ceil((window.endsMs - nowMs) / 1000) };
  }
}

export const tooMany = ({ limit, resetSeconds }: Allowance): FleetlightError =>
  new FleetlightError(
    "rate_limited",
    429,
    `too many requests: at most ${limit} a minute; try again in ${resetSeconds} seconds`,
  );
