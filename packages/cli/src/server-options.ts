import type { ConfigInput } from "@fleetlight/server/config";
import type { LogLevel } from "@fleetlight/server/lib";

/** Options of the command line that stand above the configuration. */
export interface ServerOptions {
  config?: string;
  dataDir?: string;
  host?: string;
  port?: number;
  dashboardPort?: number;
  logLevel?: LogLevel;
  alertmanagerConfig?: string;
}

/** The options as a configuration; those that were not given are left to the file, the environment and the defaults. */
export const toOverrides = (options: ServerOptions): ConfigInput => ({
  server: { host: options.host, port: options.port, dashboard_port: options.dashboardPort },
  storage: { data_dir: options.dataDir },
  logging: { level: options.logLevel },
  alerting: { alertmanager_config: options.alertmanagerConfig },
});
