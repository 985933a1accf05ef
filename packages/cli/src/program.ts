import { LOG_LEVELS } from "@fleetlight/server/config";
import { Command, InvalidArgumentError, Option } from "commander";

import { readAlertmanagerFlags, withAlertmanagerFlags } from "./alertmanager-flags.ts";
import type { DemoOptions } from "./commands/demo.ts";
import type { GenerateOptions, GeneratePrometheusOptions } from "./commands/generate.ts";
import type { ImportOptions } from "./commands/import.ts";
import type { TestRulesOptions } from "./commands/test-rules.ts";
import type { ServerOptions } from "./server-options.ts";

/** Those of @fleetlight/demo, which is loaded only when the demo runs. */
export const SCENARIO_NAMES = ["calm", "outage", "overload"] as const;

const EXAMPLES = {
  main: `
Examples:
  fleetlight serve                        start with defaults: http://127.0.0.1:8051
  fleetlight demo                         watch a small fleet of real services at work
  fleetlight check-config fleet.yaml      find out whether a configuration is right

Exit codes: 0 done, 1 failed, 2 wrong usage.`,
  serve: `
Every setting can also be given in the configuration file and as an environment variable
(FLEETLIGHT_STORAGE__RETENTION__METRICS=100y sets storage.retention.metrics); see docs/configuration.md.

Examples:
  fleetlight serve --config fleet.yaml
  fleetlight serve --port 0 --data-dir /var/lib/fleetlight
  FLEETLIGHT_AUTH__MODE=none fleetlight serve --host 0.0.0.0

Signals: SIGHUP reads the configuration again; SIGTERM and SIGINT stop, a second one at once.`,
  alertmanager: `
Flags are those of Alertmanager; flags of its cluster are taken and ignored. See docs/alertmanager.md.

Examples:
  fleetlight alertmanager --config.file=alertmanager.yml
  fleetlight alertmanager --web.listen-address=127.0.0.1:9093 --storage.path=/var/lib/fleetlight

Signals: SIGHUP reads the configuration again; SIGTERM and SIGINT stop, a second one at once.`,
  demo: `
Scenarios:
  calm       everything works
  outage     one service breaks and recovers every few minutes: an alert fires, is delivered and resolves
  overload   the load grows beyond what the fleet can do, and falls again

Examples:
  fleetlight demo
  fleetlight demo --scenario overload --port 9000`,
  check: `
Examples:
  fleetlight check-config fleet.yaml
  fleetlight check-config alertmanager.yml        a file in Alertmanager's format
  FLEETLIGHT_SERVER__PORT=9000 fleetlight check-config fleet.json`,
  testRules: `
Lines of a failure that begin with - were expected and did not come; those with + came and were not expected.

Examples:
  fleetlight test rules tests/*.yml
  fleetlight test rules alerts_test.yml --junit results.xml`,
  rules: `
Examples:
  fleetlight check-rules rules/*.yml`,
  import: `
Scrape jobs, rule files and the sections global and otlp are taken; what has no counterpart is left out and told with its line.

Examples:
  fleetlight import prometheus.yml                    print the configuration, and a report on standard error
  fleetlight import prometheus.yml -o fleetlight.yaml

Exit codes: 0 everything was taken, 1 the file is wrong and nothing was written, 2 something was left out.`,
  generate: `
Examples:
  fleetlight generate prometheus -c fleet.yaml -o prometheus.yml --remote-write
  fleetlight generate grafana --url http://fleet.example:8051 --tenant team-a -o fleetlight.yaml`,
  hash: `
Examples:
  fleetlight hash-token                         make a token and its hash
  fleetlight hash-token --stdin < token.txt     hash a token that you have`,
  print: `
Examples:
  fleetlight print-config --config fleet.yaml
  fleetlight print-config | jq .storage`,
};

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535)
    throw new InvalidArgumentError("Give a port from 0 to 65535.");
  return port;
}

const configOption = () =>
  new Option("-c, --config <file>", "configuration file, JSON or YAML").env("FLEETLIGHT_CONFIG");
const dataDirOption = () =>
  new Option("-d, --data-dir <dir>", "directory of all data (storage.data_dir)");
const portOption = () =>
  new Option(
    "-p, --port <port>",
    "port of the API and the console; 0 takes any free one (server.port)",
  ).argParser(parsePort);

/** Options that `serve` and `print-config` share: those that override the configuration. */
const withServerOptions = (command: Command): Command =>
  command
    .addOption(configOption())
    .addOption(dataDirOption())
    .option("--host <address>", "address to listen on (server.host)")
    .addOption(portOption())
    .addOption(
      new Option(
        "--dashboard-port <port>",
        "second port for the console (server.dashboard_port)",
      ).argParser(parsePort),
    )
    .option(
      "--alertmanager-config <file>",
      "routes and receivers in Alertmanager's format (alerting.alertmanager_config)",
    )
    .addOption(
      new Option(
        "-l, --log-level <level>",
        "least important level that is logged (logging.level)",
      ).choices(LOG_LEVELS),
    );

type Add = (usage: string, description: string, examples: string) => Command;

function parsePattern(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch {
    throw new InvalidArgumentError("Give a regular expression.");
  }
}

/** Tests of what people write in Prometheus' language. */
function addTestCommands(program: Command, finish: (exitCode: number) => void): void {
  program
    .command("test")
    .description("test rules on series that you write down")
    .command("rules")
    .description("run unit tests of rules, in the format of promtool test rules")
    .argument("<files...>", "files of tests")
    .option("--junit <file>", "also write the results as JUnit XML")
    .option("--debug", "tell of every evaluation of a rule, on standard error")
    .addOption(
      new Option("--run <pattern>", "only tests whose name matches").argParser(parsePattern),
    )
    .addHelpText("after", EXAMPLES.testRules)
    .action(async (files: string[], options: TestRulesOptions) => {
      const { testRules } = await import("./commands/test-rules.ts");
      finish(await testRules(files, options));
    });
}

/** Commands for those who come from Prometheus. */
function addPrometheusCommands(add: Add, finish: (exitCode: number) => void): void {
  add(
    "check-rules",
    "say whether rule files are right, as promtool check rules does",
    EXAMPLES.rules,
  )
    .argument("<files...>", "files of recording and alert rules in Prometheus' format")
    .action(async (files: string[]) => {
      const { checkRules } = await import("./commands/check-rules.ts");
      finish(checkRules(files));
    });
  add("import", "make a configuration of a prometheus.yml", EXAMPLES.import)
    .argument("<file>", "configuration of Prometheus")
    .option("-o, --output <file>", "where the configuration is written; standard output otherwise")
    .option("-f, --force", "replace the output if it is there already")
    .action(async (file: string, options: ImportOptions) => {
      const { importCommand } = await import("./commands/import.ts");
      finish(importCommand(file, options));
    });
}

/** A server in the place of an Alertmanager, with its flags. */
function addAlertmanagerCommand(add: Add, version: string, finish: (code: number) => void): void {
  const command = add(
    "alertmanager",
    "start in the place of an Alertmanager, with its flags",
    EXAMPLES.alertmanager,
  );
  withAlertmanagerFlags(command).action(async () => {
    const { alertmanager } = await import("./commands/alertmanager.ts");
    finish(await alertmanager(readAlertmanagerFlags(command), version));
  });
}

/** What both kinds of generated files need to know. */
const withGenerateOptions = (command: Command): Command =>
  command
    .addOption(configOption())
    .option("-u, --url <url>", "where Fleetlight is reached; where it listens otherwise")
    .option("-t, --tenant <tenant>", "tenant that is asked for and written to (X-Scope-OrgID)")
    .option("--token-file <file>", "file with a token of Fleetlight, as the reader will find it")
    .option("-o, --output <file>", "where the result is written; standard output otherwise")
    .option("-f, --force", "replace the output if it is there already");

/** Configurations of programs that stay in use beside Fleetlight. */
function addGenerateCommands(add: Add): void {
  const generate = add(
    "generate",
    "write configurations of Prometheus and Grafana beside Fleetlight",
    EXAMPLES.generate,
  );
  withGenerateOptions(generate.command("prometheus"))
    .description("a prometheus.yml that scrapes what Fleetlight scrapes, and Fleetlight itself")
    .option("--remote-write", "send to Fleetlight what is scraped")
    .option("--offline", "take the services of the configuration, without asking the server")
    .addOption(
      new Option("--token <token>", "token for asking the server for its services").env(
        "FLEETLIGHT_TOKEN",
      ),
    )
    .action(async (options: GeneratePrometheusOptions) => {
      const { generatePrometheus } = await import("./commands/generate.ts");
      await generatePrometheus(options);
    });
  withGenerateOptions(generate.command("grafana"))
    .description("a Prometheus data source for Grafana's folder provisioning/datasources")
    .action(async (options: GenerateOptions) => {
      const { generateGrafana } = await import("./commands/generate.ts");
      generateGrafana(options);
    });
}

/**
 * The command line. Each command's code is loaded when it runs, so that help and checks do not wait for the server.
 * @param finish takes the exit code of the command that ran.
 */
export function createProgram(version: string, finish: (exitCode: number) => void): Command {
  const program = new Command("fleetlight")
    .description("Observes and operates a fleet of AI agents and the services under it.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .showHelpAfterError("(--help shows what there is)")
    .exitOverride()
    .addHelpText("after", EXAMPLES.main);
  /** Subcommands answer --version like the program itself. */
  const add: Add = (usage, description, examples) =>
    program
      .command(usage)
      .description(description)
      .version(version, "-V, --version", "print the version")
      .addHelpText("after", examples);

  withServerOptions(add("serve", "start the server", EXAMPLES.serve)).action(
    async (options: ServerOptions) => {
      const { serve } = await import("./commands/serve.ts");
      finish(await serve(options, version));
    },
  );
  addAlertmanagerCommand(add, version, finish);
  add("demo", "start the server and a small fleet of real services that it watches", EXAMPLES.demo)
    .addOption(
      new Option("-s, --scenario <name>", "what happens to the fleet")
        .choices(SCENARIO_NAMES)
        .default("outage"),
    )
    .addOption(portOption())
    .addOption(dataDirOption())
    .addOption(
      new Option("-l, --log-level <level>", "least important level that is logged")
        .choices(LOG_LEVELS)
        .default("warn"),
    )
    .action(async (options: DemoOptions) => {
      const { demo } = await import("./commands/demo.ts");
      finish(await demo(options, version));
    });
  add(
    "check-config",
    "say whether a configuration is right, and what is wrong where",
    EXAMPLES.check,
  )
    .argument("<file>", "configuration file, JSON or YAML")
    .action(async (file: string) => {
      const { checkConfig } = await import("./commands/check-config.ts");
      checkConfig(file);
    });
  addPrometheusCommands(add, finish);
  addTestCommands(program, finish);
  addGenerateCommands(add);
  add("hash-token", "make a token, or hash one, for auth.tokens", EXAMPLES.hash)
    .option("--stdin", "read the token from standard input instead of making one")
    .action(async (options: { stdin?: boolean }) => {
      const { hashTokenCommand } = await import("./commands/hash-token.ts");
      await hashTokenCommand(options.stdin === true);
    });
  withServerOptions(
    add("print-config", "print the configuration in effect, secrets replaced", EXAMPLES.print),
  ).action(async (options: ServerOptions) => {
    const { printConfig } = await import("./commands/print-config.ts");
    printConfig(options);
  });
  return program;
}
