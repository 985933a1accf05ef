import { lookup } from "node:dns";
import { isIP, type Socket } from "node:net";
import type { SecureVersion } from "node:tls";

import { Agent, buildConnector, ProxyAgent, type Dispatcher } from "undici";

import { type FleetlightError, badRequest } from "./errors.ts";
import { freeBytes } from "./free-bytes.ts";
import {
  createAddressFilter,
  type AddressFilter,
  type OutboundPolicy,
} from "./outbound-address.ts";
import { ACCEPTED_ENCODINGS, decodeBody } from "./outbound-body.ts";
import { connectGuarded, type ConnectOptions } from "./outbound-connect.ts";
import {
  blockedAddress,
  explainFailure,
  isClosedByPeer,
  outboundError,
} from "./outbound-errors.ts";
import { Exchange, type RawAnswer } from "./outbound-exchange.ts";
import { GetExchange, HttpGetter, isPlainGet } from "./outbound-get.ts";
import { createGuardedLookup, type Resolve } from "./outbound-lookup.ts";

export interface OutboundRequest {
  /** `GET` when left out. */
  method?: "GET" | "HEAD" | "POST" | "PUT" | "DELETE";
  headers?: Readonly<Record<string, string>>;
  body?: string | Buffer;
  /** Time for everything: name, connection, redirects, body. */
  timeoutMs: number;
  /** Limit of the body as sent and as decoded. */
  maxBodyBytes: number;
  /** Keeps the first `maxBodyBytes` instead of failing. */
  truncateBody?: boolean;
  /** Follows up to 5 redirects; each hop is checked like the first URL. */
  followRedirects?: boolean;
  signal?: AbortSignal;
}

export interface OutboundAnswer {
  status: number;
  /** Names in lower case; several values are joined by a comma. */
  headers: Record<string, string>;
  /** Decoded after `Content-Encoding`. */
  body: Buffer;
  durationMs: number;
}

export interface OutboundStats {
  requests: number;
  /** Failed requests by code of the error. */
  failures: ReadonlyMap<string, number>;
  /** Connections that were opened; the other requests used one that was open. */
  connections: number;
  openConnections: number;
}

/** The one way to ask URLs of users: health checks, scrapes, webhooks. */
export interface Outbound {
  /**
   * Resolves with any HTTP status. Credentials in the URL become basic authentication.
   * @throws FleetlightError `outbound_blocked`, `outbound_timeout`, `outbound_refused`, `outbound_dns`,
   * `outbound_tls`, `outbound_too_large`, `outbound_failed`, or `bad_request` for what is no http(s) URL.
   */
  request(url: string, options: OutboundRequest): Promise<OutboundAnswer>;
  /**
   * A TCP connection for what is not HTTP, such as mail; it is the caller's, who MUST listen for its errors.
   * @throws FleetlightError as `request` does.
   */
  connect(host: string, port: number, options: ConnectOptions): Promise<Socket>;
  /** In force for the next request; what is under way ends under the former policy. */
  reconfigure(policy: OutboundPolicy): void;
  stats(): OutboundStats;
  /** Fails what is under way and closes every connection. */
  close(): Promise<void>;
}

/** How TLS connections are made where that differs from the system's way; texts are PEM. */
export interface OutboundTls {
  ca?: string | undefined;
  cert?: string | undefined;
  key?: string | undefined;
  /** Name that the certificate must have, instead of the host's. */
  servername?: string | undefined;
  rejectUnauthorized?: boolean | undefined;
  minVersion?: SecureVersion | undefined;
  maxVersion?: SecureVersion | undefined;
}

interface OutboundDependencies {
  tls?: OutboundTls | undefined;
  /**
   * An http(s) URL of a proxy, with its credentials. It finds the addresses itself, so only hosts that are written as
   * addresses are held against the policy.
   */
  proxy?: string | undefined;
  /** Finds addresses; the system's resolver unless a test has its own. */
  resolve?: Resolve;
  /** Milliseconds of a clock that never goes back. */
  monotonicMs?: () => number;
}

const MAX_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const CONNECTIONS_PER_ORIGIN = 16;
const CONNECT_TIMEOUT_MS = 10_000;
/** Longer than the usual intervals of checks and scrapes, so that their connections are used again. */
const KEEP_ALIVE_MS = 75_000;
/** With more connections open than this, new ones are closed after one answer. */
const MAX_KEPT_CONNECTIONS = 4096;
/** Secrets that belong to one origin only. */
const ORIGIN_BOUND_HEADERS = new Set(["authorization", "cookie", "proxy-authorization"]);
const BODY_HEADERS = new Set(["content-type", "content-length", "content-encoding"]);

interface Hop {
  method: NonNullable<OutboundRequest["method"]>;
  url: URL;
  headers: Record<string, string>;
  body: string | Buffer | null;
}

/** How many connections to one origin were opened since it last had none. */
interface OriginConnections {
  open: number;
  opened: number;
}

function parseUrl(text: string, base?: URL): URL {
  const url = URL.parse(text, base);
  if (!url || (url.protocol !== "http:" && url.protocol !== "https:")) {
    const message = "expected an http:// or https:// URL";
    throw badRequest(message, [{ path: "url", message }]);
  }
  return url;
}

const addressOf = (url: URL): string => url.hostname.replace(/^\[(.*)\]$/, "$1");

/**
 * Refuses a URL whose host is written as an address that may not be asked, before anybody asks it.
 * @throws FleetlightError `outbound_blocked` (400), or `bad_request` when it is no http(s) URL.
 */
export function checkUrlLiteral(text: string, policy: OutboundPolicy): void {
  const address = addressOf(parseUrl(text));
  if (isIP(address) === 0) return;
  const reason = createAddressFilter(policy)(address);
  if (reason !== null) throw blockedAddress(address, address, reason);
}

const decodeCredential = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

function firstHop(text: string, options: OutboundRequest): Hop {
  const headers: Record<string, string> = { "accept-encoding": ACCEPTED_ENCODINGS };
  for (const name in options.headers) {
    const value = options.headers[name];
    if (value !== undefined) headers[name.toLowerCase()] = value;
  }
  const url = parseUrl(text);
  addCredentials(headers, url);
  return { method: options.method ?? "GET", url, headers, body: options.body ?? null };
}

function addCredentials(headers: Record<string, string>, url: URL): void {
  if (url.username === "" && url.password === "") return;
  const pair = `${decodeCredential(url.username)}:${decodeCredential(url.password)}`;
  headers["authorization"] = `Basic ${Buffer.from(pair).toString("base64")}`;
}

/** As browsers do: 303, and 301 or 302 after a POST, turn into a GET; secrets stay with their origin. */
function nextHop(hop: Hop, status: number, location: string): Hop {
  let url: URL;
  try {
    url = parseUrl(location, hop.url);
  } catch {
    throw outboundError("outbound_failed", `${hop.url.host} redirects to what is no http(s) URL`);
  }
  const toGet =
    hop.method !== "HEAD" && (status === 303 || (status < 303 && hop.method === "POST"));
  const sameOrigin = url.origin === hop.url.origin;
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(hop.headers)) {
    if (!sameOrigin && ORIGIN_BOUND_HEADERS.has(name)) continue;
    if (toGet && BODY_HEADERS.has(name)) continue;
    headers[name] = value;
  }
  addCredentials(headers, url);
  return { method: toGet ? "GET" : hop.method, url, headers, body: toGet ? null : hop.body };
}

/** Options of TLS that are given; an undefined one would stand in the way of the default. */
const definedTls = (tls: OutboundTls): OutboundTls =>
  Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined));

/** Plain requests are handed to the proxy as they are, TLS goes through a tunnel: as Go's clients do. */
const createProxyAgent = (proxy: string, tls: OutboundTls): Dispatcher =>
  new ProxyAgent({
    uri: proxy,
    proxyTunnel: false,
    requestTls: { ...definedTls(tls), timeout: CONNECT_TIMEOUT_MS },
    connections: CONNECTIONS_PER_ORIGIN,
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: 0,
    bodyTimeout: 0,
  });

class OutboundClient implements Outbound {
  private readonly resolve: Resolve;
  private readonly monotonicMs: () => number;
  private readonly origins = new Map<string, OriginConnections>();
  private readonly failures = new Map<string, number>();
  private readonly dependencies: OutboundDependencies;
  private filter: AddressFilter;
  private agent: Dispatcher;
  private getter: HttpGetter;
  private requests = 0;
  private connections = 0;
  private openConnections = 0;

  constructor(policy: OutboundPolicy, dependencies: OutboundDependencies) {
    this.resolve =
      dependencies.resolve ??
      ((hostname, callback) => lookup(hostname, { all: true, order: "verbatim" }, callback));
    this.monotonicMs = dependencies.monotonicMs ?? (() => performance.now());
    this.dependencies = dependencies;
    this.filter = createAddressFilter(policy);
    this.agent = this.createAgent();
    this.getter = this.createGetter();
  }

  async request(text: string, options: OutboundRequest): Promise<OutboundAnswer> {
    const startedMs = this.monotonicMs();
    this.requests++;
    try {
      let hop = firstHop(text, options);
      for (let redirects = 0; ; redirects++) {
        const remainingMs = options.timeoutMs - (this.monotonicMs() - startedMs);
        const answer = await this.ask(hop, options, Math.max(0, remainingMs));
        const { location } = answer.headers;
        if (options.followRedirects !== true || !REDIRECTS.has(answer.status) || !location) {
          const body = await this.decode(hop, answer, options);
          const { status, headers } = answer;
          return { status, headers, body, durationMs: this.monotonicMs() - startedMs };
        }
        if (redirects === MAX_REDIRECTS) {
          const message = `${hop.url.host} redirects more than ${MAX_REDIRECTS} times`;
          throw outboundError("outbound_failed", message);
        }
        hop = nextHop(hop, answer.status, location);
      }
    } catch (error) {
      const { code } = error as FleetlightError;
      this.failures.set(code, (this.failures.get(code) ?? 0) + 1);
      throw error;
    }
  }

  async connect(host: string, port: number, options: ConnectOptions): Promise<Socket> {
    const { filter, resolve, monotonicMs } = this;
    const lookupAllowed = createGuardedLookup(filter, resolve, monotonicMs);
    return await connectGuarded(host, port, options, { filter, lookup: lookupAllowed });
  }

  reconfigure(policy: OutboundPolicy): void {
    const { agent, getter } = this;
    this.filter = createAddressFilter(policy);
    this.agent = this.createAgent();
    this.getter = this.createGetter();
    // Connections of the former policy end with the requests that they carry.
    getter.close();
    agent.close().catch(() => undefined);
  }

  stats(): OutboundStats {
    const { requests, failures, connections, openConnections } = this;
    return { requests, failures, connections, openConnections };
  }

  async close(): Promise<void> {
    const reason = outboundError("outbound_failed", "the server is stopping");
    this.getter.destroy(reason);
    await this.agent.destroy(reason);
  }

  private createAgent(): Dispatcher {
    const { filter } = this;
    const { tls = {}, proxy } = this.dependencies;
    if (proxy !== undefined) return createProxyAgent(proxy, tls);
    const connect = buildConnector({
      ...definedTls(tls),
      timeout: CONNECT_TIMEOUT_MS,
      lookup: createGuardedLookup(filter, this.resolve, this.monotonicMs),
    });
    return new Agent({
      connections: CONNECTIONS_PER_ORIGIN,
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (options, callback) => {
        // No look-up happens for a host that is written as an address.
        const reason = isIP(options.hostname) === 0 ? null : filter(options.hostname);
        if (reason !== null) {
          callback(blockedAddress(options.hostname, options.hostname, reason), null);
          return;
        }
        const { servername } = tls;
        const wanted = servername === undefined ? options : { ...options, servername };
        connect(wanted, (...[error, socket]: Parameters<buildConnector.Callback>) => {
          if (error) callback(error, null);
          else {
            this.countConnection(`${options.protocol}//${options.host}`, socket);
            callback(null, socket);
          }
        });
      },
    });
  }

  private createGetter(): HttpGetter {
    return new HttpGetter({
      filter: this.filter,
      lookup: createGuardedLookup(this.filter, this.resolve, this.monotonicMs),
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      idleMs: KEEP_ALIVE_MS,
      connectionsPerOrigin: CONNECTIONS_PER_ORIGIN,
      mayKeep: () => this.openConnections < MAX_KEPT_CONNECTIONS,
      onConnection: (origin, socket) => this.countConnection(origin, socket),
    });
  }

  private countConnection(
    origin: string,
    socket: { once(event: "close", done: () => void): unknown },
  ) {
    const counts = this.origins.get(origin) ?? { open: 0, opened: 0 };
    this.origins.set(origin, counts);
    counts.open++;
    counts.opened++;
    this.connections++;
    this.openConnections++;
    socket.once("close", () => {
      counts.open--;
      this.openConnections--;
      if (counts.open === 0) this.origins.delete(origin);
    });
  }

  /** One hop. A kept connection may be closed by the other side just as it is used again: that is tried once more. */
  private async ask(hop: Hop, options: OutboundRequest, timeoutMs: number): Promise<RawAnswer> {
    const { host, origin } = hop.url;
    const before = this.origins.get(origin);
    const openedBefore = before?.opened;
    const exchange = this.begin(hop, options);
    const timer = setTimeout(() => {
      const message = `no complete answer from ${host} within ${options.timeoutMs} ms`;
      exchange.stop(outboundError("outbound_timeout", message));
    }, timeoutMs);
    const onAbort = (): void =>
      exchange.stop(outboundError("outbound_failed", `the request to ${host} was cancelled`));
    options.signal?.addEventListener("abort", onAbort, { once: true });
    if (options.signal?.aborted) onAbort();
    const startedMs = this.monotonicMs();
    try {
      if (exchange instanceof Exchange) this.dispatch(hop, exchange);
      return await exchange.answer;
    } catch (error) {
      const wasReused =
        exchange instanceof GetExchange
          ? exchange.isReused
          : before !== undefined && before.opened === openedBefore;
      const isSafe = hop.method === "GET" || hop.method === "HEAD";
      const canRepeat = wasReused && isSafe && !exchange.started;
      if (!canRepeat || !isClosedByPeer(error)) throw explainFailure(error, host);
      return await this.ask(hop, options, timeoutMs - (this.monotonicMs() - startedMs));
    } finally {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Most questions are simple and many; the general client asks the others. */
  private begin(hop: Hop, options: OutboundRequest): Exchange | GetExchange {
    const { url, method, headers } = hop;
    const { maxBodyBytes, truncateBody = false } = options;
    const isSimple = this.dependencies.proxy === undefined && !truncateBody;
    const plain =
      isSimple && hop.body === null && isPlainGet(method, hop)
        ? this.getter.get({ url, headers, maxBodyBytes })
        : undefined;
    return plain ?? new Exchange({ host: url.host, maxBodyBytes, truncateBody });
  }

  private dispatch(hop: Hop, exchange: Exchange): void {
    const { url, method, headers, body } = hop;
    this.checkProxied(hop.url);
    const request: Dispatcher.DispatchOptions = {
      origin: url.origin,
      path: url.pathname + url.search,
      method,
      headers,
      body,
      ...(this.openConnections >= MAX_KEPT_CONNECTIONS ? { reset: true } : {}),
    };
    this.agent.dispatch(request, exchange);
  }

  /** Behind a proxy no connection of ours shows the address. */
  private checkProxied(url: URL): void {
    if (this.dependencies.proxy === undefined) return;
    const address = addressOf(url);
    const reason = isIP(address) === 0 ? null : this.filter(address);
    if (reason !== null) throw blockedAddress(address, address, reason);
  }

  private async decode(hop: Hop, answer: RawAnswer, options: OutboundRequest): Promise<Buffer> {
    const encoding = answer.headers["content-encoding"]?.trim().toLowerCase() ?? "identity";
    if (encoding === "identity" || encoding === "" || answer.body.length === 0) return answer.body;
    const { host } = hop.url;
    const { maxBodyBytes, truncateBody = false } = options;
    const body = await decodeBody(answer.body, encoding, maxBodyBytes, truncateBody).catch(() => {
      throw outboundError("outbound_failed", `the ${encoding} body of ${host} is damaged`);
    });
    if (body === "too large") {
      const message = `the answer of ${host} is larger than ${maxBodyBytes} bytes once decoded`;
      throw outboundError("outbound_too_large", message);
    }
    if (body === "unknown encoding") {
      throw outboundError("outbound_failed", `${host} answers in an unknown encoding`);
    }
    freeBytes(answer.body);
    return body;
  }
}

/** A client with a pool of kept connections that refuses addresses which are no services; see {@link OutboundPolicy}. */
export const createOutbound = (
  policy: OutboundPolicy,
  dependencies: OutboundDependencies = {},
): Outbound => new OutboundClient(policy, dependencies);
