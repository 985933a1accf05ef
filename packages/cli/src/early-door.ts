import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";

/** Requests that wait for the server; whoever comes after them is told to come again. */
const MAX_HELD = 1000;

/**
 * A door that is open before there is anybody behind it: loading the server takes a second, in which senders would be
 * turned away. Their requests are held and answered as soon as it can.
 */
export class EarlyDoor {
  readonly server: Server;
  private readonly held: Parameters<RequestListener>[] = [];
  private handler: RequestListener | undefined;
  private failure: Error | undefined;

  constructor(address: { host: string; port: number }) {
    this.server = createServer((request, response) => {
      if (this.handler !== undefined) this.handler(request, response);
      else if (this.held.length < MAX_HELD) this.held.push([request, response]);
      else response.writeHead(503, { "retry-after": "2" }).end();
    });
    this.server.on("upgrade", this.refuse);
    // Told by `opened`; without a listener it would end the process.
    this.server.on("error", (error) => (this.failure ??= error));
    this.server.listen(address.port, address.host);
  }

  /** Resolves when the door is open. @throws the system's error when it could not be opened. */
  async opened(): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    if (this.server.listening) return;
    await new Promise<void>((resolve, reject) => {
      this.server.once("listening", resolve).once("error", reject);
    });
  }

  /** From now on requests are answered, the held ones first. */
  attach(handler: RequestListener): void {
    this.server.off("upgrade", this.refuse);
    this.handler = handler;
    for (const [request, response] of this.held.splice(0)) handler(request, response);
  }

  private readonly refuse = ({ socket }: IncomingMessage): void => void socket.destroy();
}
