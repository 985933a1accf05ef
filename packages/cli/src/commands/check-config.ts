import { loadConfig } from "@fleetlight/server/config";

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? "" : "s"}`;

/** @throws ConfigError with every problem when the configuration would be refused. */
export function checkConfig(file: string): void {
  const { config, source, scrapeJobs, ruleFiles } = loadConfig({ file, env: process.env });
  const { server, services, discovery, alerting, auth, notifications } = config;
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
    `  notifications    ${notifications.webhook ? "webhook" : "none"}`,
    `  authentication   ${auth.mode !== "none" && auth.tokens.length > 0 ? plural(auth.tokens.length, "token") : "none"}`,
  ];
  if (source.variables.length > 0) lines.push(`  environment      ${source.variables.join(", ")}`);
  for (const warning of source.warnings) lines.push(`  warning: ${warning}`);
  process.stdout.write(`${lines.join("\n")}\n`);
}
