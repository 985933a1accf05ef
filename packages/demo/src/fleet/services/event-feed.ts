import { WebSocket } from "ws";

import type { JsonObject } from "../ask.ts";
import { MAX_BODY_BYTES } from "../ask.ts";
import type { DemoService } from "../service.ts";

const RECONNECT_MS = 1000;

export type FeedEvent = { type: string; channel: string; data: JsonObject };

/** Keeps a WebSocket to the websocket-service open, for as long as the service lives, and passes on what arrives. */
export function followEvents(
  service: DemoService,
  channels: readonly string[],
  onEvent: (event: FeedEvent) => void,
): void {
  let socket: WebSocket | null = null;
  let stopped = false;
  const connect = (): void => {
    const url = service.context.peers.get("websocket-service")?.url;
    if (stopped || url === undefined) return;
    socket = new WebSocket(`${url.replace("http", "ws")}/ws`, { maxPayload: MAX_BODY_BYTES });
    socket.on("open", () => {
      for (const channel of channels)
        socket?.send(JSON.stringify({ action: "subscribe", channel }));
    });
    socket.on("message", (raw: Buffer) => {
      let event: Partial<FeedEvent>;
      try {
        event = JSON.parse(raw.toString()) as Partial<FeedEvent>;
      } catch {
        return service.recordError("websocket");
      }
      if (typeof event.type !== "string" || typeof event.data !== "object") return;
      onEvent({ type: event.type, channel: event.channel ?? "", data: event.data });
    });
    // An error is always followed by a close.
    socket.on("error", () => service.recordError("websocket"));
    socket.on("close", () => service.after(RECONNECT_MS, connect));
  };
  service.after(0, connect);
  service.onStop(() => {
    stopped = true;
    socket?.terminate();
  });
}
