import { readFile } from "node:fs/promises";

import type { HttpClientConfig } from "#config";
import {
  createOutbound,
  describeError,
  FleetlightError,
  type Outbound,
  type OutboundAnswer,
  type OutboundPolicy,
  type OutboundRequest,
  type OutboundTls,
} from "#lib";

/** Certificates and keys in files are looked at again this often. */
const TLS_FILES_MS = 60_000;
/** How long the connections of a former certificate may finish what they carry. */
const FORMER_CLIENT_MS = 60_000;
/** Largest file with a secret or certificates. */
const MAX_FILE_BYTES = 1024 * 1024;

const VERSIONS = { TLS10: "TLSv1", TLS11: "TLSv1.1", TLS12: "TLSv1.2", TLS13: "TLSv1.3" } as const;

async function readSecret(path: string, key: string): Promise<string> {
  try {
    const text = await readFile(path, "utf8");
    if (text.length > MAX_FILE_BYTES) throw new Error(`larger than ${MAX_FILE_BYTES} bytes`);
    return text;
  } catch (error) {
    throw new FleetlightError(
      "scrape_client",
      502,
      `unable to read ${key} ${path}: ${describeError(error)}`,
      { retryable: true },
    );
  }
}

/** Secrets in files end in a line break that is not part of them. */
const secretOf = async (
  text: string | undefined,
  path: string | undefined,
  key: string,
): Promise<string> => text ?? (path === undefined ? "" : (await readSecret(path, key)).trim());

/** A header cannot hold a line break, and what a file holds is not looked at before. */
function headerValue(text: string): string {
  if (/^[\t\x20-\x7e\x80-\xff]*$/.test(text)) return text;
  throw new FleetlightError("scrape_client", 502, "the credentials can not be sent in a header");
}

async function authorizationOf(config: HttpClientConfig): Promise<string | undefined> {
  const { basic_auth: basic, authorization } = config;
  if (basic) {
    const name = await secretOf(basic.username || undefined, basic.username_file, "username_file");
    const password = await secretOf(basic.password, basic.password_file, "password_file");
    return `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`;
  }
  if (authorization) {
    const { type, credentials, credentials_file: path } = authorization;
    const secret = await secretOf(credentials, path, "credentials_file");
    return headerValue(`${type} ${secret}`.trim());
  }
  const { bearer_token: token, bearer_token_file: path } = config;
  if (token === undefined && path === undefined) return undefined;
  return headerValue(`Bearer ${await secretOf(token, path, "bearer_token_file")}`);
}

async function tlsOf(config: NonNullable<HttpClientConfig["tls_config"]>): Promise<OutboundTls> {
  const read = async (key: "ca" | "cert" | "key"): Promise<string | undefined> => {
    const path = config[`${key}_file`];
    return config[key] ?? (path === undefined ? undefined : await readSecret(path, `${key}_file`));
  };
  const { min_version: oldest, max_version: newest } = config;
  return {
    ca: await read("ca"),
    cert: await read("cert"),
    key: await read("key"),
    servername: config.server_name,
    rejectUnauthorized: config.insecure_skip_verify ? false : undefined,
    minVersion: oldest && VERSIONS[oldest],
    maxVersion: newest && VERSIONS[newest],
  };
}

export interface JobClientOptions {
  /** Used unless the configuration asks for other connections than everybody's. */
  shared: Outbound;
  policy: () => OutboundPolicy;
  monotonicMs: () => number;
  /** Called once, when the client is closed. */
  onClose?: () => void;
}

/** Asks as `http_config` of a job says: who we are, whom we trust, which way we go. */
export class JobClient implements Pick<Outbound, "request"> {
  private readonly config: HttpClientConfig;
  private readonly options: JobClientOptions;
  /** Nothing is asked for that differs from other requests. */
  private readonly asksAsEverybody: boolean;
  private own: { outbound: Outbound; tls: string; readMs: number } | undefined;
  private opening: Promise<Outbound> | undefined;
  private closed = false;

  constructor(config: HttpClientConfig, options: JobClientOptions) {
    this.config = config;
    this.options = options;
    this.asksAsEverybody = [
      config.basic_auth,
      config.authorization,
      config.bearer_token,
      config.bearer_token_file,
      config.tls_config,
      config.proxy_url,
    ].every((setting) => setting === undefined);
  }

  request(url: string, request: OutboundRequest): Promise<OutboundAnswer> {
    return this.asksAsEverybody
      ? this.options.shared.request(url, request)
      : this.requestAsTold(url, request);
  }

  private async requestAsTold(url: string, request: OutboundRequest): Promise<OutboundAnswer> {
    const authorization = await authorizationOf(this.config);
    const outbound = await this.outbound();
    if (authorization === undefined) return outbound.request(url, request);
    return outbound.request(url, { ...request, headers: { ...request.headers, authorization } });
  }

  /** After the policy for outbound requests changed. */
  reconfigure(): void {
    this.own?.outbound.reconfigure(this.options.policy());
  }

  async close(): Promise<void> {
    this.closed = true;
    this.options.onClose?.();
    await this.opening?.catch(() => undefined);
    await this.own?.outbound.close();
  }

  private outbound(): Promise<Outbound> {
    const { tls_config: tls, proxy_url: proxy } = this.config;
    if (tls === undefined && proxy === undefined) return Promise.resolve(this.options.shared);
    const isFresh =
      this.own !== undefined && this.options.monotonicMs() - this.own.readMs < TLS_FILES_MS;
    if (this.own !== undefined && isFresh) return Promise.resolve(this.own.outbound);
    this.opening ??= this.open().finally(() => {
      this.opening = undefined;
    });
    return this.opening;
  }

  private async open(): Promise<Outbound> {
    const { tls_config: config, proxy_url: proxy } = this.config;
    const tls = config === undefined ? undefined : await tlsOf(config);
    if (this.closed) throw new FleetlightError("scrape_client", 502, "the job is being removed");
    const readMs = this.options.monotonicMs();
    const text = JSON.stringify(tls ?? null);
    if (this.own?.tls === text) {
      this.own.readMs = readMs;
      return this.own.outbound;
    }
    const former = this.own?.outbound;
    if (former) setTimeout(() => void former.close(), FORMER_CLIENT_MS).unref();
    const outbound = createOutbound(this.options.policy(), { tls, proxy });
    this.own = { outbound, tls: text, readMs };
    return outbound;
  }
}
