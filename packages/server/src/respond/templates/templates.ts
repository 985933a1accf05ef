import { basename } from "node:path";

import { ConfigError, type ConfigProblem, type TemplateFile } from "#config";
import {
  expandNow,
  FleetlightError,
  HtmlOutput,
  plainOutput,
  TEMPLATE_LIMITS,
  TemplateError,
  TemplateParser,
  TemplateSet,
  type FunctionTable,
  type Now,
  type Output,
  type Value,
} from "#lib";

import type { Notification } from "../types.ts";
import { templateData } from "./data.ts";
import { DEFAULT_TEMPLATES } from "./defaults.ts";
import { notificationFunctions } from "./functions.ts";

export interface TemplatesOptions {
  /** What `since` counts to. */
  now?: Now;
}

/**
 * Texts of notifications: Go's templates with Alertmanager's data, functions and definitions, and those of the files. What is
 * wrong with a template is a FleetlightError `template_failed`, with Go's words for it; trying again does not help.
 */
export interface Templates {
  /**
   * Once there are more than `maxLength` characters, a million when left out, the rest is left out and costs nothing:
   * a group of ten thousand alerts may go where four thousand characters fit.
   * @throws FleetlightError `template_failed`
   */
  text(template: string, notification: Notification, maxLength?: number): string;
  /** The same as HTML: what is inserted is escaped for the place where it stands. @throws FleetlightError `template_failed` */
  html(template: string, notification: Notification, maxLength?: number): string;
  /** As `text`, but what an action inserts goes through `escape`. @throws FleetlightError `template_failed` */
  escaped(
    template: string,
    notification: Notification,
    escape: (value: string) => string,
    maxLength?: number,
  ): string;
  /** Throws when a template cannot be read or names what is not defined; for the check of a configuration. */
  check(template: string): void;
}

const known: FunctionTable = notificationFunctions(() => 0);
const isFunction = (name: string): boolean => known.get(name) !== undefined;

const failed = (error: unknown): never => {
  if (!(error instanceof TemplateError)) throw error;
  throw new FleetlightError("template_failed", 422, error.message, { cause: error });
};

/** The definitions of the files; a later one of the same name replaces an earlier one. @throws ConfigError */
function readFiles(files: readonly TemplateFile[]): TemplateSet {
  const parser = new TemplateParser(isFunction);
  const set = new TemplateSet();
  set.add(parser.parse("default.tmpl", DEFAULT_TEMPLATES));
  const problems: ConfigProblem[] = [];
  for (const { path, text } of files) {
    try {
      set.add(parser.parse(basename(path), text));
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      const { line, column } = error.place;
      const message = error.message.replace(/^template: .*?:\d+: /, "");
      problems.push({ path: "", message, source: path, line, column: column + 1 });
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return set;
}

/** @throws ConfigError with file, line and column of each file that cannot be read as templates. */
export const checkTemplates = (files: readonly TemplateFile[]): void => void readFiles(files);

const escaping = (escape: (value: string) => string): Output => ({
  literal: plainOutput.literal,
  value: (value: Value) => escape(plainOutput.value(value)),
});

/** Ends an expansion whose text is long enough. */
class LongEnough extends Error {}

/** Keeps what is written, and ends the expansion once that is longer than somebody wants. */
class LimitedOutput implements Output {
  private readonly output: Output;
  private readonly maxLength: number;
  private readonly parts: string[] = [];
  private length = 0;

  constructor(output: Output, maxLength: number) {
    this.output = output;
    this.maxLength = maxLength;
  }

  readonly literal = (text: string): string => this.keep(this.output.literal(text));
  readonly value = (value: Value): string => this.keep(this.output.value(value));

  get written(): string {
    return this.parts.join("");
  }

  private keep(text: string): string {
    this.parts.push(text);
    this.length += text.length;
    if (this.length > this.maxLength) throw new LongEnough();
    return text;
  }
}

/** @throws ConfigError as {@link checkTemplates} */
export function createTemplates(
  files: readonly TemplateFile[],
  { now = Date.now }: TemplatesOptions = {},
): Templates {
  const shared = readFiles(files);
  const functions = notificationFunctions(now);
  const parser = new TemplateParser(isFunction);
  const expand = (
    template: string,
    notification: Notification,
    output: Output,
    maxLength = TEMPLATE_LIMITS.maxOutputLength,
  ) => {
    if (template === "" || !template.includes("{{")) return output.literal(template);
    const limited = new LimitedOutput(output, maxLength);
    try {
      const parsed = parser.parse("", template);
      const data = templateData(notification);
      const html = output instanceof HtmlOutput;
      return expandNow(parsed, data, { functions, shared, output: limited, html }) ?? "";
    } catch (error) {
      return error instanceof LongEnough ? limited.written : failed(error);
    }
  };
  return {
    text: (template, notification, maxLength) =>
      expand(template, notification, plainOutput, maxLength),
    html: (template, notification, maxLength) =>
      expand(template, notification, new HtmlOutput(), maxLength),
    escaped: (template, notification, escape, maxLength) =>
      expand(template, notification, escaping(escape), maxLength),
    check: (template) => {
      try {
        parser.parse("", template);
      } catch (error) {
        failed(error);
      }
    },
  };
}
