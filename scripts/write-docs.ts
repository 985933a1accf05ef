import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import {
  ConfigShape,
  PLAIN_NAMES,
  environmentName,
  inspectSetting,
  itemOf,
  keysOf,
  type Setting,
} from "@fleetlight/server/config";

/** The page that is generated from the schema. */
export const PAGE = fileURLToPath(new URL("../docs/configuration.md", import.meta.url));

const TYPES: Record<Setting["kind"], string> = {
  duration: "duration",
  bytes: "size",
  level: "level",
  section: "section",
  list: "list",
  map: "map",
  number: "number",
  integer: "integer",
  boolean: "true or false",
  choice: "choice",
  text: "text",
};

const code = (text: string): string => `\`${text}\``;
const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");

function typeOf(setting: Setting): string {
  if (setting.kind === "choice") return setting.choices.map(code).join(" or ");
  const item = itemOf(setting);
  if (!item) return TYPES[setting.kind];
  const { kind } = inspectSetting(item);
  return `${TYPES[setting.kind]} of ${kind === "section" ? "entries" : TYPES[kind]}`;
}

function fallbackOf(setting: Setting): string {
  if (setting.kind === "bytes" && typeof setting.fallback === "number")
    return code(formatBytes(setting.fallback));
  if (setting.fallback !== undefined) {
    return code(
      typeof setting.fallback === "string" ? setting.fallback : JSON.stringify(setting.fallback),
    );
  }
  return setting.optional ? "not set" : "required";
}

function formatBytes(bytes: number): string {
  for (const [unit, size] of [
    ["GiB", 1024 ** 3],
    ["MiB", 1024 ** 2],
    ["KiB", 1024],
  ] as const) {
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return String(bytes);
}

interface Row {
  key: string;
  setting: Setting;
  /** Undefined below a list, which is given as a whole. */
  variable: string | undefined;
}

/** Every setting that holds a value, sections opened, in the order of the schema. */
function rowsOf(setting: Setting, key: string, path: string[] | undefined): Row[] {
  const variable = path && environmentName(path);
  const rows: Row[] = [];
  const keys = keysOf(setting);
  if (!keys || setting.optional) rows.push({ key, setting, variable: keys ? undefined : variable });
  for (const [name, schema] of Object.entries(keys ?? {})) {
    rows.push(...rowsOf(inspectSetting(schema), `${key}.${name}`, path && [...path, name]));
  }
  const item = itemOf(setting);
  const inner = item && inspectSetting(item);
  const place = setting.kind === "list" ? "[]" : ".<id>";
  for (const [name, schema] of Object.entries((inner && keysOf(inner)) ?? {})) {
    const below = setting.kind === "map" && path ? [...path, "<id>", name] : undefined;
    rows.push(...rowsOf(inspectSetting(schema), `${key}${place}.${name}`, below));
  }
  return rows;
}

function tableOf(rows: Row[]): string {
  const lines = rows.map(({ key, setting, variable }) =>
    [
      code(key),
      typeOf(setting),
      fallbackOf(setting),
      variable === undefined ? "" : code(variable),
      setting.description,
    ]
      .map(cell)
      .join(" | "),
  );
  const head = "| key | type | default | environment | meaning |\n| --- | --- | --- | --- | --- |";
  return [head, ...lines.map((line) => `| ${line} |`)].join("\n");
}

const INTRODUCTION = `# Configuration

<!-- Generated from the schema by \`npm run docs\`; edit packages/server/src/config/schema.ts instead. -->

Fleetlight runs without any configuration. What differs from the defaults is written in one JSON or YAML file, in
environment variables, or on the command line; the command line wins over \`FLEETLIGHT_\` variables, those over the
plain variables below, those over the file, and the file over the defaults.

    fleetlight serve --config fleet.yaml
    fleetlight check-config fleet.yaml       # what is wrong, with file:line:column
    fleetlight print-config                  # what is in effect, secrets replaced

**Notation.** A *duration* is \`500ms\`, \`15s\`, \`1h30m\`, \`30d\`, \`100y\` or a number of seconds. A *size* is a number of
bytes or \`50MiB\`, \`10GB\`. A *level* is trace, debug, info, warn, error, fatal or silent; \`WARNING\` and \`CRITICAL\` are
known too. Unknown keys are errors. A key without a value counts as not given. Variables are not expanded in the file.

**Files.** Paths of certificates, token files, discovery, scrape jobs and rules are relative to the file that names them; \`storage.data_dir\`
and \`logging.file.path\` are relative to the directory in which Fleetlight starts.

**Environment.** \`FLEETLIGHT_STORAGE__RETENTION__METRICS=100y\` sets \`storage.retention.metrics\`: two underscores
separate the parts. Lists and maps are JSON (\`FLEETLIGHT_SERVICES='[{"id": "api", …}]'\`); a list of texts may also be
separated by commas. An empty variable counts as not set, a misspelt one is an error. \`FLEETLIGHT_CONFIG\` names the file.

**Reload.** The file is read again when it changes, on SIGHUP and on \`POST /-/reload\`. A wrong file is refused: the
configuration in force stays, files that it names included, and \`/health\` tells the reason and the line. The address, ports, TLS, the data directory
and the URLs of external stores take effect after a restart.
`;

/** The whole page. */
export function configurationPage(): string {
  const plain = Object.entries(PLAIN_NAMES).map(
    ([name, path]) => `| ${code(name)} | ${code(path.join("."))} |`,
  );
  const sections = Object.entries(keysOf(inspectSetting(ConfigShape)) ?? {}).map(
    ([name, schema]) => {
      const setting = inspectSetting(schema);
      return `## ${name}\n\n${setting.description}\n\n${tableOf(rowsOf(setting, name, [name]))}\n`;
    },
  );
  return [
    INTRODUCTION,
    `## Plain variables\n\n| variable | setting |\n| --- | --- |\n${plain.join("\n")}\n`,
    ...sections,
  ].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const page = configurationPage();
  const before = readFileSync(PAGE, { encoding: "utf8", flag: "a+" });
  if (before !== page) writeFileSync(PAGE, page);
  process.stdout.write(
    `docs/configuration.md ${before === page ? "is up to date" : "was written"}\n`,
  );
}
