import {
  isAlertmanagerFile,
  loadConfig,
  readAlertmanagerFile,
  type AlertmanagerConfig,
  type RouteConfig,
} from "@fleetlight/server/config";
import { checkTemplates } from "@fleetlight/server/templates";

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? "" : "s"}`;

const print = (lines: readonly string[]): void =>
  void process.stdout.write(`${lines.join("\n")}\n`);

const countRoutes = (route: RouteConfig): number =>
  route.routes.reduce((count, child) => count + countRoutes(child), 1);

/** `webhook`, `email, 2 slack`: what the receivers of a configuration tell by. */
function waysOf({ receivers }: AlertmanagerConfig): string {
  const counts = new Map<string, number>();
  for (const { kind } of receivers.flatMap(({ integrations }) => integrations))
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const ways = [...counts].map(([kind, count]) => (count === 1 ? kind : `${count} ${kind}`));
  return ways.length === 0 ? "none" : ways.join(", ");
}

function describeAlertmanager(file: string, config: AlertmanagerConfig): string[] {
  return [
    `${file}: OK`,
    `  routes           ${countRoutes(config.route)}`,
    `  receivers        ${config.receivers.length}`,
    `  integrations     ${waysOf(config)}`,
    `  inhibit rules    ${config.inhibitRules.length}`,
    `  time intervals   ${config.timeIntervals.size}`,
    `  templates        ${config.templates.length}`,
  ];
}

/**
 * Checks a configuration of Fleetlight, or one in Alertmanager's format.
 * @throws ConfigError with every problem when it would be refused.
 */
export function checkConfig(file: string): void {
  if (isAlertmanagerFile(file)) {
    const read = readAlertmanagerFile(file);
    checkTemplates(read.templates);
    print(describeAlertmanager(file, read));
    return;
  }
  const { config, source, scrapeJobs, ruleFiles, alertmanager } = loadConfig({
    file,
    env: process.env,
    check: (included) => checkTemplates(included.alertmanager.templates),
  });
  const { server, services, discovery, alerting, auth } = config;
  const lists = discovery.file_sd.reduce((count, list) => count + list.files.length, 0);
  const ruleCount = ruleFiles
    .flatMap(({ groups }) => groups)
    .reduce((count, { rules }) => count + rules.length, 0);
  const lines = [
    `${file}: OK`,
    `  listens on       ${server.tls ? "https" : "http"}://${server.host}:${server.port}`,
    `  services         ${services.length}, and ${plural(lists, "file list")} of discovery`,
    `  scrape jobs      ${scrapeJobs.length}`,
    `  rule files       ${ruleFiles.length}, with ${plural(ruleCount, "rule")}`,
    `  alerting rules   ${Object.keys(alerting.rules).length}${alerting.builtin_rules ? " and the built-in ones" : ""}`,
    `  notifications    ${waysOf(alertmanager)}`,
    `  authentication   ${auth.mode !== "none" && auth.tokens.length > 0 ? plural(auth.tokens.length, "token") : "none"}`,
  ];
  if (alertmanager.path !== undefined) lines.push(`  alertmanager     ${alertmanager.path}`);
  if (source.variables.length > 0) lines.push(`  environment      ${source.variables.join(", ")}`);
  for (const warning of source.warnings) lines.push(`  warning: ${warning}`);
  print(lines);
}
