import type { FleetlightClient, Registration } from "./client.ts";
import { FleetlightError } from "./request.ts";

export type KeepOptions = {
  /** Milliseconds between heartbeats; 15,000 when left out. */
  heartbeatIntervalMs?: number;
  /** Milliseconds before the first retry; doubled each time. */
  retryBaseMs?: number;
  /** Longest wait between retries, in milliseconds; it goes on trying for ever at this pace. */
  retryMaxMs?: number;
  /** Told of every failure. */
  onError?: (error: FleetlightError) => void;
  /** Told each time the server has taken the registration. */
  onRegistered?: (status: "registered" | "updated") => void;
  /** A number from 0 to 1 that spreads retries over time; Math.random when left out. */
  random?: () => number;
};

export type Registered = {
  /** Whether the server knew the service when it last answered. */
  readonly registered: boolean;
  /** Ends heartbeats and removes the service from the server, unless `deregister` is false. Never rejects. */
  stop(options?: { deregister?: boolean }): Promise<void>;
};

const DEFAULT_HEARTBEAT_MS = 15_000;
const DEFAULT_RETRY_BASE_MS = 500;
const DEFAULT_RETRY_MAX_MS = 30_000;
/** A shorter interval would be a mistake that floods the server. */
const MIN_HEARTBEAT_MS = 50;
/** Timers run longer waits at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** Doubling ends here, so that the exponent cannot overflow. */
const MAX_DOUBLINGS = 16;

type Calls = Pick<FleetlightClient, "register" | "heartbeat" | "remove">;

class Keeper implements Registered {
  registered = false;
  readonly #client: Calls;
  readonly #registration: Registration;
  readonly #options: KeepOptions;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #running: Promise<void>;
  #stopped = false;

  constructor(client: Calls, registration: Registration, options: KeepOptions) {
    this.#client = client;
    this.#registration = registration;
    this.#options = options;
    this.#running = this.#turn();
  }

  async stop(options: { deregister?: boolean } = {}): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (options.deregister === false) return;
    await this.#running;
    if (!this.registered) return;
    this.registered = false;
    try {
      await this.#client.remove(this.#registration.id);
    } catch (error) {
      this.#report(error);
    }
  }

  /** One registration or heartbeat, then the timer for the next; it catches everything. */
  async #turn(): Promise<void> {
    try {
      if (this.registered) await this.#client.heartbeat(this.#registration.id);
      else await this.#register();
      this.#failures = 0;
    } catch (error) {
      // 404: the server is a new one, or somebody removed the service.
      if (error instanceof FleetlightError && error.status === 404 && this.registered) {
        this.registered = false;
        this.#next(0);
        return;
      }
      // What was refused for its content is not worth hurrying for.
      const hopeless = error instanceof FleetlightError && !error.retryable;
      this.#failures = hopeless ? MAX_DOUBLINGS : this.#failures + 1;
      this.#report(error);
    }
    this.#next(this.#failures === 0 ? this.#heartbeatMs() : this.#backoffMs());
  }

  async #register(): Promise<void> {
    const answer = await this.#client.register(this.#registration);
    this.registered = true;
    try {
      this.#options.onRegistered?.(answer.status);
    } catch {
      // A callback's failure is the host's; it must not end the heartbeats.
    }
  }

  #heartbeatMs(): number {
    const wanted = this.#options.heartbeatIntervalMs ?? DEFAULT_HEARTBEAT_MS;
    return Math.min(MAX_TIMER_MS, Math.max(MIN_HEARTBEAT_MS, wanted));
  }

  #backoffMs(): number {
    const base = this.#options.retryBaseMs ?? DEFAULT_RETRY_BASE_MS;
    const longest = this.#options.retryMaxMs ?? DEFAULT_RETRY_MAX_MS;
    const wait = Math.min(longest, base * 2 ** Math.min(this.#failures - 1, MAX_DOUBLINGS));
    // Half of it is random: a fleet that lost its server must not come back in one blow.
    return wait * (0.5 + 0.5 * (this.#options.random ?? Math.random)());
  }

  #next(waitMs: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#turn();
    }, waitMs);
    // A number in browsers, which do not wait for timers.
    if (typeof this.#timer === "object") this.#timer.unref();
  }

  #report(error: unknown): void {
    const known =
      error instanceof FleetlightError
        ? error
        : new FleetlightError("unreachable", String(error), null);
    try {
      this.#options.onError?.(known);
    } catch {
      // See #register.
    }
  }
}

/** Registers with retries, sends heartbeats, registers again after a 404; see FleetlightClient. */
export function keepRegistered(
  client: Calls,
  registration: Registration,
  options: KeepOptions,
): Registered {
  return new Keeper(client, registration, options);
}
