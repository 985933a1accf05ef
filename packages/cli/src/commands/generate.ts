import { writeFileSync } from "node:fs";
import { resolve } from "node:path";

import { exportGrafana, exportPrometheus, loadConfig, localUrl } from "@fleetlight/server/config";

/** How long the running server may take to list its services. */
const ASK_TIMEOUT_MS = 10_000;

export interface GenerateOptions {
  config?: string;
  url?: string;
  tenant?: string;
  tokenFile?: string;
  output?: string;
  force?: boolean;
}

export interface GeneratePrometheusOptions extends GenerateOptions {
  token?: string;
  offline?: boolean;
  remoteWrite?: boolean;
}

function write(text: string, { output, force }: GenerateOptions): void {
  if (output === undefined) {
    process.stdout.write(text);
    return;
  }
  // The file may hold passwords, and one that is there already may be somebody's work.
  writeFileSync(output, text, { mode: 0o600, flag: force === true ? "w" : "wx" });
  process.stderr.write(`written to ${output}\n`);
}

/** The services that a running server knows, however they came to it. @throws Error that says what to do instead. */
async function askServices(
  url: string,
  { token, tenant }: GeneratePrometheusOptions,
): Promise<unknown> {
  const address = `${url.replace(/\/+$/, "")}/api/v1/services`;
  const advice = "start it, name it with --url, or take the configuration alone with --offline";
  try {
    const answer = await fetch(address, {
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(tenant !== undefined && { "x-scope-orgid": tenant }),
      },
      signal: AbortSignal.timeout(ASK_TIMEOUT_MS),
    });
    if (!answer.ok) throw new Error(`it answered ${answer.status}`);
    return await answer.json();
  } catch (error) {
    throw new Error(`cannot ask ${address}; ${advice}`, { cause: error });
  }
}

/**
 * Writes a prometheus.yml that scrapes what Fleetlight scrapes.
 * @throws ConfigError for a wrong configuration, Error when the server does not tell its services.
 */
export async function generatePrometheus(options: GeneratePrometheusOptions): Promise<void> {
  const { config } = loadConfig({ file: options.config, env: process.env });
  const url = options.url ?? localUrl(config);
  const { text, notes } = exportPrometheus({
    config,
    file: options.config === undefined ? undefined : resolve(options.config),
    services: options.offline === true ? undefined : await askServices(url, options),
    url,
    tenant: options.tenant,
    tokenFile: options.tokenFile,
    remoteWrite: options.remoteWrite === true,
  });
  write(text, options);
  for (const note of notes) process.stderr.write(`note: ${note}\n`);
}

/** Writes a data source for Grafana's folder `provisioning/datasources`. @throws ConfigError for a wrong configuration. */
export function generateGrafana(options: GenerateOptions): void {
  const { config } = loadConfig({ file: options.config, env: process.env });
  const url = options.url ?? localUrl(config);
  const { tenant, tokenFile } = options;
  write(exportGrafana({ config, url, tenant, tokenFile }), options);
}
