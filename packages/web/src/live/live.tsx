import type { ServerMessage } from "@fleetlight/contract";
import type { QueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { createContext, useContext, useEffect, useState, useSyncExternalStore } from "react";

import { socketUrl } from "../api/paths.ts";
import { readToken, watchToken } from "../api/token.ts";
import type { LiveState } from "./connection.ts";
import { LiveConnection } from "./connection.ts";
import { writeAlerts, writeMessage } from "./write.ts";

/** Messages that may wait for the next drawing; beyond it everything is asked anew instead. */
const QUEUE_LIMIT = 5000;
/** How often what arrived is drawn. */
const FLUSH_MS = 100;

type SamplesListener = (message: Extract<ServerMessage, { type: "samples" }>) => void;

/** Ties the connection to the cache: gathers messages, writes them together, asks anew after a gap. */
export class LiveFeed {
  #cache: QueryClient;
  #queue: ServerMessage[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #samples = new Set<SamplesListener>();
  #stopWatching: (() => void)[] = [];
  #missed = false;
  readonly connection: LiveConnection;

  constructor(cache: QueryClient) {
    this.#cache = cache;
    this.connection = new LiveConnection(
      {
        url: () => socketUrl(window.location, readToken()),
        open: (url) => new WebSocket(url),
        now: () => Date.now(),
        random: () => Math.random(),
      },
      (message) => this.#receive(message),
    );
  }

  start(): () => void {
    let phase = this.connection.state.phase;
    const onState = () => {
      const before = phase;
      phase = this.connection.state.phase;
      if (phase === "live" && before === "down") void this.#cache.invalidateQueries();
    };
    const onVisible = () => {
      if (document.hidden || !this.#missed) return;
      this.#missed = false;
      void this.#cache.invalidateQueries();
    };
    document.addEventListener("visibilitychange", onVisible);
    this.#stopWatching = [
      this.connection.watch(onState),
      watchToken(() => this.connection.restart()),
      () => document.removeEventListener("visibilitychange", onVisible),
    ];
    this.connection.start();
    return () => {
      for (const stop of this.#stopWatching) stop();
      clearTimeout(this.#timer);
      this.connection.stop();
    };
  }

  /** Hands every message with samples to `listener`; answers the function that stops it. */
  onSamples(listener: SamplesListener): () => void {
    this.#samples.add(listener);
    return () => this.#samples.delete(listener);
  }

  #receive(message: ServerMessage): void {
    if (document.hidden || this.#queue.length >= QUEUE_LIMIT) {
      // A hidden page draws nothing; it asks anew when somebody looks again.
      this.#missed = true;
      this.#queue = [];
      return;
    }
    this.#queue.push(message);
    this.#timer ??= setTimeout(() => this.#flush(), FLUSH_MS);
  }

  #flush(): void {
    this.#timer = undefined;
    const queue = this.#queue;
    this.#queue = [];
    const alerts = queue.filter((message) => message.type === "alert");
    writeAlerts(
      this.#cache,
      alerts.map(({ alert }) => alert),
    );
    for (const message of queue) {
      if (message.type === "alert") continue;
      if (message.type === "samples") for (const listener of this.#samples) listener(message);
      else writeMessage(this.#cache, message);
    }
    if (this.#missed && !document.hidden) {
      this.#missed = false;
      void this.#cache.invalidateQueries();
    }
  }
}

const FeedContext = createContext<LiveFeed | null>(null);

export const LiveProvider = ({ cache, children }: { cache: QueryClient; children: ReactNode }) => {
  const [feed] = useState(() => new LiveFeed(cache));
  useEffect(() => feed.start(), [feed]);
  return <FeedContext value={feed}>{children}</FeedContext>;
};

export const useFeed = (): LiveFeed => {
  const feed = useContext(FeedContext);
  if (feed === null) throw new Error("useFeed needs a LiveProvider above it");
  return feed;
};

export const useLiveState = (): LiveState => {
  const { connection } = useFeed();
  return useSyncExternalStore(
    (listener) => connection.watch(listener),
    () => connection.state,
  );
};

/** The clock, ticking every `everyMs`; for texts such as `3 min ago`. */
export const useNow = (everyMs = 1000): number => {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) setNow(Date.now());
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
};
