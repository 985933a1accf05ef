import { readFileSync, statSync } from "node:fs";
import { extname } from "node:path";

import { describeError } from "#lib";

import { parseJsonText } from "./json-text.ts";
import { TextError, type ParsedText } from "./positions.ts";
import { ConfigError } from "./problems.ts";
import { parseYamlText } from "./yaml-text.ts";

/** Largest configuration file that is read. */
const MAX_FILE_BYTES = 10 * 1024 ** 2;

export type Tree = Record<string, unknown>;

export const isTree = (value: unknown): value is Tree =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function parseText(file: string, text: string): ParsedText {
  if (text.trim() === "") {
    throw new TextError("the file is empty; {} is the default configuration", {
      line: 1,
      column: 1,
    });
  }
  const extension = extname(file).toLowerCase();
  const isYaml = [".yaml", ".yml"].includes(extension);
  const looksLikeJson = /^\s*[{[]/.test(text);
  return extension === ".json" || (!isYaml && looksLikeJson)
    ? parseJsonText(text)
    : parseYamlText(text);
}

/** @throws ConfigError when the file can not be read, or is too large. */
export function readFileText(file: string): string {
  try {
    const { size } = statSync(file);
    if (size > MAX_FILE_BYTES) throw new Error(`${size} bytes are more than ${MAX_FILE_BYTES}`);
    return readFileSync(file, "utf8").replace(/^\ufeff/, "");
  } catch (error) {
    throw new ConfigError(
      [{ path: "", source: file, message: `cannot be read: ${describeError(error)}` }],
      {
        cause: error,
      },
    );
  }
}

/**
 * Reads a JSON or YAML file, and where everything stands in it.
 * @throws ConfigError that names the file, and the line where there is one.
 */
export function readTree(file: string): ParsedText {
  return parseTree(file, readFileText(file));
}

/** As `readTree`, of a text that was read from the file already. */
export function parseTree(file: string, text: string): ParsedText {
  try {
    return parseText(file, text);
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    throw new ConfigError([{ path: "", source: file, ...error.position, message: error.message }], {
      cause: error,
    });
  }
}

/** A key without a value, as YAML allows, counts as not given. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isTree(value)) return value;
  const kept = Object.entries(value).filter(([, item]) => item !== null);
  return Object.assign(
    Object.create(null) as Tree,
    Object.fromEntries(kept.map(([key, item]) => [key, withoutNulls(item)])),
  );
}
