import { execFileSync } from "node:child_process";
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import * as contract from "@fleetlight/contract";
import { build } from "vite";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SDK = join(ROOT, "packages/sdk");

type Schema = {
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  items?: Schema | false;
  prefixItems?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
};

/** As much of zod's schemas as is used here. */
type WrittenSchema = { toJSONSchema(options: { io: "output"; unrepresentable: "any" }): Schema };

const PLAIN: Record<string, string> = {
  string: "string",
  number: "number",
  integer: "number",
  boolean: "boolean",
  null: "null",
};

const either = (texts: readonly string[]): string => [...new Set(texts)].join(" | ");

function objectType({ properties = {}, required = [], additionalProperties }: Schema): string {
  const fields = Object.entries(properties).map(
    ([name, schema]) =>
      `${JSON.stringify(name)}${required.includes(name) ? "" : "?"}: ${typeOf(schema)}`,
  );
  if (typeof additionalProperties === "object" && fields.length === 0)
    return `Record<string, ${typeOf(additionalProperties)}>`;
  return fields.length === 0 ? "Record<string, unknown>" : `{ ${fields.join("; ")} }`;
}

/** What a JSON schema allows, as TypeScript says it. */
function typeOf(schema: Schema): string {
  const { anyOf, oneOf, allOf, items, prefixItems } = schema;
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return either(schema.enum.map((one) => JSON.stringify(one)));
  if (anyOf !== undefined || oneOf !== undefined)
    return `(${either((anyOf ?? oneOf ?? []).map(typeOf))})`;
  if (allOf !== undefined) return `(${allOf.map(typeOf).join(" & ")})`;
  if (Array.isArray(schema.type))
    return `(${either(schema.type.map((type) => typeOf({ ...schema, type })))})`;
  if (prefixItems !== undefined) return `[${prefixItems.map(typeOf).join(", ")}]`;
  if (schema.type === "array") return `(${typeOf(items || {})})[]`;
  if (schema.type === "object") return objectType(schema);
  return PLAIN[schema.type ?? ""] ?? "unknown";
}

/** The types of the contract that the SDK speaks of, without the schemas: whoever installs it needs no zod. */
function contractTypes(names: readonly string[]): string {
  const schemas = contract as unknown as Record<string, WrittenSchema | undefined>;
  return names
    .map((name) => {
      const schema = schemas[name];
      if (schema === undefined) throw new Error(`the contract has no schema ${name}`);
      const json = schema.toJSONSchema({ io: "output", unrepresentable: "any" });
      return `export type ${name} = ${typeOf(json)};\n`;
    })
    .join("");
}

/** Takes away the types of what cannot be reached from the ways in. */
function pruneTypes(directory: string): void {
  const reached = new Set<string>();
  const waiting = ["index", "browser"].map((name) => join(directory, `${name}.d.ts`));
  for (const path of waiting) {
    if (reached.has(path)) continue;
    reached.add(path);
    const text = readFileSync(path, "utf8");
    for (const [, from = ""] of text.matchAll(/(?:from|import\()\s*"(\.[^"]+)\.ts"/g))
      waiting.push(join(dirname(path), `${from}.d.ts`));
  }
  for (const file of globSync("**/*.d.ts", { cwd: directory }))
    if (!reached.has(join(directory, file))) rmSync(join(directory, file));
}

/** One file for each way in, and what they share; functions and classes keep their names, for stacks that can be read. */
async function bundle(directory: string): Promise<void> {
  const entry = (name: string): string => join(SDK, `src/${name}.ts`);
  await build({
    configFile: false,
    root: SDK,
    logLevel: "warn",
    publicDir: false,
    build: {
      ssr: true,
      outDir: directory,
      emptyOutDir: false,
      target: "es2023",
      rolldownOptions: {
        input: { index: entry("index"), browser: entry("browser") },
        output: {
          entryFileNames: "[name].js",
          chunkFileNames: "shared.js",
          minify: {
            compress: true,
            mangle: { toplevel: false },
            codegen: { removeWhitespace: true },
          },
        },
      },
    },
  });
}

/** Writes the package as it is published below `directory`: plain JavaScript with types, and nothing to install with it. */
export async function buildSdk(directory: string): Promise<void> {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const tsc = fileURLToPath(new URL("bin/tsc", import.meta.resolve("typescript/package.json")));
  const config = join(SDK, "tsconfig.build.json");
  execFileSync(
    process.execPath,
    [tsc, "-p", config, "--outDir", directory, "--emitDeclarationOnly"],
    { stdio: "inherit" },
  );
  pruneTypes(directory);
  await bundle(directory);
  const names = new Set<string>();
  for (const file of globSync("**/*.d.ts", { cwd: directory })) {
    const path = join(directory, file);
    const up = "../".repeat(file.split(/[\\/]/).length - 1) || "./";
    const text = readFileSync(path, "utf8").replace(
      /import type \{([^}]*)\} from "@fleetlight\/contract"/g,
      (_, list: string) => {
        for (const name of list.split(",")) if (name.trim() !== "") names.add(name.trim());
        return `import type {${list}} from "${up}contract.js"`;
      },
    );
    writeFileSync(path, text);
  }
  writeFileSync(join(directory, "contract.d.ts"), contractTypes([...names].toSorted()));
  for (const file of ["README.md", "LICENSE"])
    cpSync(join(file === "LICENSE" ? ROOT : SDK, file), join(directory, file));
  writeManifest(directory);
}

function writeManifest(directory: string): void {
  const manifest = JSON.parse(readFileSync(join(SDK, "package.json"), "utf8")) as Record<
    string,
    unknown
  > & {
    exports: unknown;
  };
  const { private: _, dependencies: __, devDependencies: ___, ...published } = manifest;
  const toBuilt = (value: unknown): unknown =>
    typeof value === "string"
      ? {
          types: value.replace(/^\.\/src\/(.*)\.ts$/, "./$1.d.ts"),
          default: value.replace(/^\.\/src\/(.*)\.ts$/, "./$1.js"),
        }
      : Object.fromEntries(
          Object.entries(value as object).map(([key, one]) => [key, toBuilt(one)]),
        );
  writeFileSync(
    join(directory, "package.json"),
    `${JSON.stringify({ ...published, exports: toBuilt(manifest.exports) }, undefined, 2)}\n`,
  );
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href)
  await buildSdk(process.argv[2] ?? join(SDK, "dist"));
