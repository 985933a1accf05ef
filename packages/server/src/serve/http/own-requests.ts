import type { IncomingMessage } from "node:http";

/** Known by the object, so that nothing that a client could send makes a request one of these. */
const own = new WeakSet<IncomingMessage>();

/** Marks a request that this process asks of itself: it needs no token, and counts neither for limits nor for figures. */
export function markOwn(request: IncomingMessage): void {
  own.add(request);
}

export const isOwn = (request: IncomingMessage): boolean => own.has(request);
