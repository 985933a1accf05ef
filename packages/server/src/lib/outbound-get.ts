import { connect, isIP, type LookupFunction, type Socket } from "node:net";

import { HttpAnswer, HttpAnswerError } from "./http-answer.ts";
import type { AddressFilter } from "./outbound-address.ts";
import { blockedAddress, outboundError } from "./outbound-errors.ts";
import type { RawAnswer } from "./outbound-exchange.ts";

/** What is read at once. */
const READ_BYTES = 64 * 1024;
/** Headers that say how a connection is used; whoever sets them is asked by the other client. */
const CONNECTION_HEADERS: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "expect",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

interface GetOptions {
  url: URL;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  maxBodyBytes: number;
}

interface GetterOptions {
  filter: AddressFilter;
  lookup: LookupFunction;
  connectTimeoutMs: number;
  /** How long a connection is kept without a request. */
  idleMs: number;
  connectionsPerOrigin: number;
  /** Whether a new connection may be kept after its answer. */
  mayKeep: () => boolean;
  onConnection: (origin: string, socket: Socket) => void;
}

/** Whether {@link HttpGetter} can ask this. */
export const isPlainGet = (
  method: string,
  { url, headers }: Omit<GetOptions, "maxBodyBytes">,
): boolean =>
  method === "GET" &&
  url.protocol === "http:" &&
  !Object.keys(headers).some((name) => CONNECTION_HEADERS.has(name));

const requestText = ({ url, headers }: GetOptions, keep: boolean): string => {
  let text = `GET ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${headers["host"] ?? url.host}\r\n`;
  if (!keep) text += "connection: close\r\n";
  for (const name in headers) {
    const value = headers[name] as string;
    if (!HEADER_NAME.test(name) || !HEADER_VALUE.test(value))
      throw outboundError("outbound_failed", `the header ${JSON.stringify(name)} can not be sent`);
    if (name !== "host") text += `${name}: ${value}\r\n`;
  }
  return `${text}\r\n`;
};

const addressOf = (url: URL): string => url.hostname.replace(/^\[(.*)\]$/, "$1");

const closedByPeer = (): Error =>
  Object.assign(new Error("the other side closed the connection"), { code: "ECONNRESET" });

/** One request and its answer; settles once. */
export class GetExchange {
  readonly answer: Promise<RawAnswer>;
  /** Whether the connection had carried another request before. */
  isReused = false;
  private readonly host: string;
  private readonly isKept: boolean;
  private readonly maxBodyBytes: number;
  private readonly reader: HttpAnswer;
  private socket: Socket | undefined;
  private resolve!: (answer: RawAnswer) => void;
  private reject!: (error: unknown) => void;

  constructor({ url, maxBodyBytes }: GetOptions, isKept: boolean) {
    this.isKept = isKept;
    this.host = url.host;
    this.maxBodyBytes = maxBodyBytes;
    this.reader = new HttpAnswer(maxBodyBytes);
    this.answer = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /** True once something of the answer came. */
  get started(): boolean {
    return this.reader.started;
  }

  get keepsOpen(): boolean {
    return this.isKept && this.reader.keepsOpen;
  }

  begin(socket: Socket, isReused: boolean): void {
    this.socket = socket;
    this.isReused = isReused;
  }

  /** @returns true when that was the last of the answer. */
  read(bytes: Buffer, length: number): boolean {
    try {
      if (!this.reader.read(bytes, length)) return false;
      this.succeed();
      return true;
    } catch (error) {
      this.stop(this.explain(error));
      return false;
    }
  }

  /** The connection is gone. */
  end(error: Error | undefined): void {
    if (error === undefined && this.reader.end()) this.succeed();
    else this.reject(error ?? closedByPeer());
  }

  /** Ends the exchange and its connection. */
  stop(error: unknown): void {
    this.reject(error);
    this.socket?.destroy();
  }

  private succeed(): void {
    const { status, headers, body } = this.reader;
    this.resolve({ status, headers, body });
  }

  private explain(error: unknown): unknown {
    if (!(error instanceof HttpAnswerError) || error.reason !== "body too large") return error;
    const message = `the answer of ${this.host} is larger than ${this.maxBodyBytes} bytes`;
    return outboundError("outbound_too_large", message);
  }
}

/** A connection to one origin that carries one exchange after the other. */
class Connection {
  readonly socket: Socket;
  private exchange: GetExchange | undefined;
  private requests = 0;
  private error: Error | undefined;
  private readonly onIdle: (connection: Connection) => void;

  constructor(
    url: URL,
    room: Buffer,
    { lookup, connectTimeoutMs, idleMs }: GetterOptions,
    onIdle: (connection: Connection) => void,
  ) {
    this.onIdle = onIdle;
    const socket = connect({
      host: addressOf(url),
      port: Number(url.port || 80),
      lookup,
      keepAlive: true,
      noDelay: true,
      onread: { buffer: room, callback: (length) => this.read(room, length) },
    });
    this.socket = socket;
    socket.setTimeout(connectTimeoutMs);
    socket.once("connect", () => socket.setTimeout(idleMs));
    socket.on("timeout", () => this.onTimeout());
    socket.on("error", (error) => (this.error = error));
    // Nothing else can come: an idle one must not be taken again, and one at work learns whether it has all.
    socket.once("end", () => socket.destroy());
    socket.once("close", () => this.exchange?.end(this.error));
  }

  send(exchange: GetExchange, text: string): void {
    this.exchange = exchange;
    exchange.begin(this.socket, this.requests++ > 0);
    this.socket.write(text, "latin1");
  }

  private read(room: Buffer, length: number): boolean {
    const { exchange } = this;
    // An answer to nothing.
    if (exchange === undefined) this.socket.destroy();
    else if (exchange.read(room, length)) {
      this.exchange = undefined;
      if (exchange.keepsOpen) this.onIdle(this);
      else this.socket.destroy();
    }
    return true;
  }

  private onTimeout(): void {
    if (this.socket.connecting)
      this.socket.destroy(Object.assign(new Error("no connection in time"), { code: "ETIMEDOUT" }));
    else if (this.exchange === undefined) this.socket.destroy();
  }
}

interface Origin {
  idle: Connection[];
  open: Set<Connection>;
}

/**
 * GET over plain HTTP at a third of what a general client costs per request: scrapes and checks are thousands of small
 * questions to the same places. All connections read into one buffer, which is copied from before the next read.
 */
export class HttpGetter {
  private readonly options: GetterOptions;
  private readonly origins = new Map<string, Origin>();
  private readonly room = Buffer.allocUnsafeSlow(READ_BYTES);
  private closed = false;

  constructor(options: GetterOptions) {
    this.options = options;
  }

  /** @returns undefined when the origin has as many connections at work as it may. */
  get(request: GetOptions): GetExchange | undefined {
    const { url } = request;
    const origin = this.origins.get(url.origin);
    let connection = origin?.idle.pop();
    while (connection?.socket.writable === false) connection = origin?.idle.pop();
    const isFull = (origin?.open.size ?? 0) >= this.options.connectionsPerOrigin;
    if (connection === undefined && isFull) return undefined;
    const isKept = connection !== undefined || this.options.mayKeep();
    const text = requestText(request, isKept);
    const exchange = new GetExchange(request, isKept);
    connection ??= this.open(url);
    connection.send(exchange, text);
    return exchange;
  }

  /** Lets what is under way end; what is idle is closed at once. */
  close(): void {
    this.closed = true;
    for (const { idle } of this.origins.values())
      for (const { socket } of idle.splice(0)) socket.destroy();
  }

  /** Ends everything. */
  destroy(error: Error): void {
    this.closed = true;
    for (const { open } of this.origins.values())
      for (const { socket } of open) socket.destroy(error);
  }

  private open(url: URL): Connection {
    const { filter, onConnection } = this.options;
    const address = addressOf(url);
    // No look-up happens for a host that is written as an address.
    const reason = isIP(address) === 0 ? null : filter(address);
    if (reason !== null) throw blockedAddress(address, address, reason);
    const key = url.origin;
    const origin: Origin = this.origins.get(key) ?? { idle: [], open: new Set() };
    this.origins.set(key, origin);
    const connection = new Connection(url, this.room, this.options, (idle) => {
      if (this.closed) idle.socket.destroy();
      else origin.idle.push(idle);
    });
    origin.open.add(connection);
    connection.socket.once("connect", () => onConnection(key, connection.socket));
    connection.socket.once("close", () => {
      origin.open.delete(connection);
      const at = origin.idle.indexOf(connection);
      if (at >= 0) origin.idle.splice(at, 1);
      if (origin.open.size === 0) this.origins.delete(key);
    });
    return connection;
  }
}
