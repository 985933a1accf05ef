import type { ClientMessage, REALTIME_PROTOCOL, ServerMessage } from "@fleetlight/contract";

/** The protocol this console speaks; does not compile when the contract's is raised. */
const PROTOCOL: typeof REALTIME_PROTOCOL = 1;

/** Selectors that one connection may follow; the contract's limit. */
const MATCH_LIMIT = 32;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;
/** A connection that stays silent this long is taken to be dead; the overview alone speaks more often. */
const SILENCE_MS = 45_000;
const PING_MS = 15_000;

/** `since`: Unix milliseconds at which the phase began. */
export interface LiveState {
  phase: "connecting" | "live" | "down";
  since: number;
}

/** The part of the browser that the connection needs; handed in so that tests can stand in for it. */
export interface Surroundings {
  url: () => string;
  open: (url: string) => WebSocket;
  now: () => number;
  random: () => number;
}

type Handler = (message: ServerMessage) => void;

/**
 * The console's one WebSocket: connects again by itself with growing pauses, follows the series that somebody looks
 * at, and tells what state it is in. Messages of one socket arrive in order; after a gap the owner must ask anew.
 */
export class LiveConnection {
  #around: Surroundings;
  #onMessage: Handler;
  #socket: WebSocket | null = null;
  #state: LiveState;
  #listeners = new Set<() => void>();
  #wanted = new Map<string, number>();
  #retryMs = FIRST_RETRY_MS;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #pulse: ReturnType<typeof setInterval> | undefined;
  #heardAt = 0;
  #closed = true;
  #resubscribe: ReturnType<typeof setTimeout> | undefined;

  constructor(around: Surroundings, onMessage: Handler) {
    this.#around = around;
    this.#onMessage = onMessage;
    this.#state = { phase: "connecting", since: around.now() };
  }

  get state(): LiveState {
    return this.#state;
  }

  /** Calls `listener` at each change of state; answers the function that stops it. */
  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): void {
    this.#closed = false;
    this.#connect();
  }

  stop(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    clearTimeout(this.#resubscribe);
    clearInterval(this.#pulse);
    this.#socket?.close();
    this.#socket = null;
  }

  /** Drops the socket and connects at once, e.g. with another token. */
  restart(): void {
    this.stop();
    this.#retryMs = FIRST_RETRY_MS;
    this.start();
  }

  /** Follows the series of a selector until the answered function is called. */
  follow(selector: string): () => void {
    this.#wanted.set(selector, (this.#wanted.get(selector) ?? 0) + 1);
    this.#subscribeSoon();
    return () => {
      const left = (this.#wanted.get(selector) ?? 1) - 1;
      if (left > 0) this.#wanted.set(selector, left);
      else this.#wanted.delete(selector);
      this.#subscribeSoon();
    };
  }

  #enter(phase: LiveState["phase"]): void {
    if (this.#state.phase === phase) return;
    this.#state = { phase, since: this.#around.now() };
    for (const listener of this.#listeners) listener();
  }

  #connect(): void {
    clearTimeout(this.#retry);
    const socket = this.#around.open(this.#around.url());
    this.#socket = socket;
    socket.addEventListener("message", (event) => this.#receive(socket, String(event.data)));
    socket.addEventListener("close", () => this.#lost(socket));
  }

  #receive(socket: WebSocket, text: string): void {
    if (socket !== this.#socket) return;
    this.#heardAt = this.#around.now();
    const message = JSON.parse(text) as ServerMessage;
    if (message.type === "hello") {
      if (message.protocol !== PROTOCOL) {
        console.warn(`the server speaks protocol ${message.protocol}; reload the page`);
        socket.close();
        return;
      }
      this.#greeted();
    }
    this.#onMessage(message);
  }

  #greeted(): void {
    this.#retryMs = FIRST_RETRY_MS;
    this.#enter("live");
    this.#send({ type: "subscribe", topics: ["overview", "health", "alerts", "events"] });
    if (this.#wanted.size > 0) this.#subscribe();
    clearInterval(this.#pulse);
    this.#pulse = setInterval(() => {
      if (this.#around.now() - this.#heardAt > SILENCE_MS) this.#socket?.close();
      else this.#send({ type: "ping" });
    }, PING_MS);
  }

  #lost(socket: WebSocket): void {
    if (socket !== this.#socket || this.#closed) return;
    clearInterval(this.#pulse);
    this.#enter("down");
    // Half of the pause is chance, so that a hundred consoles do not come back in one instant.
    const pause = this.#retryMs * (0.5 + this.#around.random() / 2);
    this.#retryMs = Math.min(LAST_RETRY_MS, this.#retryMs * 2);
    this.#retry = setTimeout(() => this.#connect(), pause);
  }

  #subscribeSoon(): void {
    clearTimeout(this.#resubscribe);
    this.#resubscribe = setTimeout(() => this.#subscribe(), 20);
  }

  #subscribe(): void {
    if (this.#state.phase !== "live") return;
    const match = [...this.#wanted.keys()].slice(0, MATCH_LIMIT);
    if (match.length === 0) this.#send({ type: "unsubscribe", topics: ["samples"] });
    else this.#send({ type: "subscribe", topics: ["samples"], match });
  }

  #send(message: ClientMessage): void {
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(message));
  }
}
