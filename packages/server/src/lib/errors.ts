/** One wrong field of a request, a file or a message. `path` is dotted, e.g. `alerting.rules.cpu.threshold`. */
export interface ErrorDetail {
  path: string;
  message: string;
}

interface FleetlightErrorOptions {
  details?: ErrorDetail[];
  /** True when the same request may succeed later without being changed. */
  retryable?: boolean;
  cause?: unknown;
}

/**
 * An error with a stable code. The HTTP, socket and command-line doors map it in one place each;
 * every code has an entry in docs/errors.md.
 */
export class FleetlightError extends Error {
  readonly code: string;
  /** HTTP status that fits. */
  readonly status: number;
  readonly details: ErrorDetail[] | undefined;
  readonly retryable: boolean;

  constructor(code: string, status: number, message: string, options: FleetlightErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "FleetlightError";
    this.code = code;
    this.status = status;
    this.details = options.details;
    this.retryable = options.retryable ?? false;
  }
}

export const badRequest = (message: string, details?: ErrorDetail[]): FleetlightError =>
  new FleetlightError("bad_request", 400, message, details ? { details } : {});

export const notFound = (what: string, id: string): FleetlightError =>
  new FleetlightError("not_found", 404, `${what} ${JSON.stringify(id)} is not known`);

export const conflict = (message: string): FleetlightError =>
  new FleetlightError("conflict", 409, message);

/** The server is busy or a dependency is slow; the sender should come again later. */
export const overloaded = (message: string): FleetlightError =>
  new FleetlightError("overloaded", 503, message, { retryable: true });

/** A limit of the configuration was reached; `limit` names its key. */
export const limitReached = (limit: string, message: string): FleetlightError =>
  new FleetlightError("limit_reached", 429, message, {
    details: [{ path: limit, message: "raise this limit, or send less" }],
    retryable: true,
  });

/** The message of anything that was thrown, with the messages of its causes, on one line. */
export function describeError(error: unknown): string {
  const parts: string[] = [];
  let current: unknown = error;
  for (let depth = 0; depth < 5 && current !== undefined && current !== null; depth++) {
    const text = current instanceof Error ? current.message || current.name : String(current);
    if (!parts.includes(text)) parts.push(text);
    current = current instanceof Error ? current.cause : undefined;
  }
  return parts.join(": ").replace(/\s+/g, " ").slice(0, 2000);
}
