import { Agent, createServer, get, type RequestListener, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";

import { markOwn } from "#serve";

const LOOPBACK = "127.0.0.1";

/**
 * A door through which the process asks itself, over a real connection: what is compiled for requests of another make
 * does not fit those of clients. Nobody else gets in, although its requests need no token: of all connections only the
 * one that this object has opened itself is answered.
 */
export class OwnDoor {
  private readonly server: Server;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });
  private socket: Socket | undefined;

  constructor(answer: RequestListener) {
    this.server = createServer((request, response) => {
      const { remoteAddress, remotePort } = request.socket;
      const { localAddress, localPort } = this.socket ?? {};
      if (remotePort === undefined || remotePort !== localPort || remoteAddress !== localAddress)
        return void request.socket.destroy();
      markOwn(request);
      answer(request, response);
    });
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.server.once("error", reject).listen(0, LOOPBACK, resolve);
    });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Asks for a path and reads the answer to its end. @returns its status. */
  ask(path: string): Promise<number> {
    const { agent, port } = this;
    return new Promise((resolve, reject) => {
      get({ host: LOOPBACK, port, path, agent }, (response) => {
        response.resume().once("end", () => resolve(response.statusCode ?? 0));
        response.once("error", reject);
      })
        .once("socket", (socket) => (this.socket = socket))
        .once("error", reject);
    });
  }

  close(): void {
    this.agent.destroy();
    this.server.close();
    this.server.closeAllConnections();
  }
}
