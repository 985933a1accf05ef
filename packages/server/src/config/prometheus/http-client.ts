import { z } from "zod";

import { file, url } from "../fields.ts";

const pem = () => z.string().min(1).max(1_000_000);
const secret = () => z.string().max(65_536);

const TLS_VERSIONS = ["TLS10", "TLS11", "TLS12", "TLS13"] as const;

const BasicAuth = z.strictObject({
  username: z.string().max(1024).default("").describe("Name to sign in with."),
  username_file: file().optional().describe("File with the name, read at each request."),
  password: secret().optional().describe("Password to sign in with."),
  password_file: file().optional().describe("File with the password, read at each request."),
});

const Authorization = z.strictObject({
  type: z
    .string()
    .min(1)
    .max(100)
    .default("Bearer")
    .describe("First word of the header; not `Basic`, which is `basic_auth`."),
  credentials: secret().optional().describe("Rest of the header."),
  credentials_file: file()
    .optional()
    .describe("File with the rest of the header, read at each request."),
});

const TlsConfig = z.strictObject({
  ca: pem().optional().describe("Certificates (PEM) that are trusted instead of the system's."),
  ca_file: file().optional().describe("File with such certificates."),
  cert: pem().optional().describe("Our certificate (PEM)."),
  cert_file: file().optional().describe("File with our certificate."),
  key: pem().optional().describe("Private key (PEM) of our certificate."),
  key_file: file().optional().describe("File with that key."),
  server_name: z.string().max(255).optional().describe("Name that the certificate must have."),
  insecure_skip_verify: z
    .boolean()
    .default(false)
    .describe("Whether any certificate is accepted; never for targets beyond your own machine."),
  min_version: z.enum(TLS_VERSIONS).optional().describe("Oldest version of TLS."),
  max_version: z.enum(TLS_VERSIONS).optional().describe("Newest version of TLS."),
});

/** How requests are made, as in Prometheus' `http_config`; shared by scrape jobs and HTTP discovery. */
export const httpClientKeys = {
  basic_auth: BasicAuth.optional().describe("Sign in with name and password."),
  authorization: Authorization.optional().describe("Send an `Authorization` header."),
  bearer_token: secret().optional().describe("Former way to write `authorization.credentials`."),
  bearer_token_file: file()
    .optional()
    .describe("Former way to write `authorization.credentials_file`."),
  tls_config: TlsConfig.optional().describe("How TLS connections are made."),
  proxy_url: url("http", "https").optional().describe("Proxy that requests go through."),
  follow_redirects: z.boolean().default(true).describe("Whether redirects are followed."),
};

const HttpClient = z.object(httpClientKeys);
export type HttpClientConfig = z.output<typeof HttpClient>;

type Report = (path: string[], message: string) => void;

const given = (...values: unknown[]): number => values.filter((v) => v !== undefined).length;

/** Rules of Prometheus' `HTTPClientConfig.Validate`, in its words. */
export function checkHttpClient(client: HttpClientConfig, report: Report): void {
  const { basic_auth: basic, authorization, tls_config: tls } = client;
  if (given(client.bearer_token, client.bearer_token_file) > 1)
    report(
      ["bearer_token_file"],
      "at most one of bearer_token & bearer_token_file must be configured",
    );
  if (given(basic, authorization, client.bearer_token ?? client.bearer_token_file) > 1)
    report(
      [basic ? "basic_auth" : "authorization"],
      "at most one of basic_auth, authorization, bearer_token & bearer_token_file must be configured",
    );
  if (basic && given(basic.password, basic.password_file) > 1)
    report(
      ["basic_auth", "password_file"],
      "at most one of basic_auth password & password_file must be configured",
    );
  if (basic && basic.username !== "" && basic.username_file !== undefined)
    report(
      ["basic_auth", "username_file"],
      "at most one of basic_auth username & username_file must be configured",
    );
  if (authorization && given(authorization.credentials, authorization.credentials_file) > 1)
    report(
      ["authorization", "credentials_file"],
      "at most one of authorization credentials & credentials_file must be configured",
    );
  if (authorization?.type.trim().toLowerCase() === "basic")
    report(
      ["authorization", "type"],
      'authorization type cannot be set to "basic", use "basic_auth"',
    );
  if (tls) checkTls(tls, report);
}

function checkTls(tls: z.output<typeof TlsConfig>, report: Report): void {
  for (const key of ["ca", "cert", "key"] as const) {
    if (given(tls[key], tls[`${key}_file`]) > 1)
      report(
        ["tls_config", `${key}_file`],
        `at most one of ${key} and ${key}_file must be configured`,
      );
  }
  const [hasCert, hasKey] = [given(tls.cert, tls.cert_file) > 0, given(tls.key, tls.key_file) > 0];
  if (hasCert && !hasKey)
    report(
      ["tls_config"],
      "exactly one of key or key_file must be configured when a client certificate is configured",
    );
  if (hasKey && !hasCert)
    report(
      ["tls_config"],
      "exactly one of cert or cert_file must be configured when a client key is configured",
    );
}
