import { createHash } from "node:crypto";

import { RE2JS } from "re2js";

import type { RelabelConfig } from "#config";

import { Template, type Groups } from "./template.ts";

/** Labels under work: no empty values, in no order. */
export type MutableLabels = Map<string, string>;

/** Changes labels in place. @returns false when what they belong to is dropped. */
export type Relabel = (labels: MutableLabels) => boolean;

const setLabel = (labels: MutableLabels, name: string, value: string): void => {
  if (value === "") labels.delete(name);
  else labels.set(name, value);
};

/** A regular expression that must match a whole text, with its groups. */
interface WholeMatch {
  test(text: string): boolean;
  match(text: string): Groups | undefined;
}

/** Go takes longer numbers, and those with leading zeros, for names. */
const GROUP_NUMBER = /^(?:0|[1-9]\d{0,7})$/;

function groupsOf(compiled: RE2JS, text: string): Groups | undefined {
  const matcher = compiled.matcher(text);
  if (!matcher.matches()) return undefined;
  const count = matcher.groupCount();
  const names = compiled.namedGroups();
  return {
    group(name) {
      const index = GROUP_NUMBER.test(name) ? Number(name) : names[name];
      return index === undefined || index > count ? "" : (matcher.group(index) ?? "");
    },
  };
}

/** Most rules match everything or one literal, which need no automaton. */
function compileWhole(pattern: string): WholeMatch {
  if (pattern === "(.*)") {
    return {
      test: () => true,
      match: (text) => ({ group: (name) => (name === "0" || name === "1" ? text : "") }),
    };
  }
  if (/^[\w:/ -]*$/.test(pattern)) {
    const match = (text: string): Groups | undefined =>
      text === pattern ? { group: (name) => (name === "0" ? text : "") } : undefined;
    return { test: (text) => text === pattern, match };
  }
  const compiled = RE2JS.compile(pattern, RE2JS.DOTALL);
  return {
    test: (text) => compiled.matches(text),
    match: (text) => groupsOf(compiled, text),
  };
}

/** The last eight bytes of MD5, for the same shards as every version of Prometheus. */
function hashMod(value: string, modulus: number): string {
  const digest = createHash("md5").update(value).digest();
  return String(digest.readBigUInt64BE(8) % BigInt(modulus));
}

function replaceRule(config: RelabelConfig, valueOf: (labels: MutableLabels) => string): Relabel {
  const regex = compileWhole(config.regex);
  const target = new Template(config.target_label);
  const replacement = new Template(config.replacement);
  return (labels) => {
    const groups = regex.match(valueOf(labels));
    if (groups === undefined) return true;
    const name = target.expand(groups);
    if (name !== "") setLabel(labels, name, replacement.expand(groups));
    return true;
  };
}

/** All names that match are mapped from the labels as they were before the rule. */
function mapRule(config: RelabelConfig): Relabel {
  const regex = compileWhole(config.regex);
  const replacement = new Template(config.replacement);
  return (labels) => {
    for (const [name, value] of new Map(labels)) {
      const groups = regex.match(name);
      if (groups !== undefined) setLabel(labels, replacement.expand(groups), value);
    }
    return true;
  };
}

function filterNamesRule(config: RelabelConfig, keepMatching: boolean): Relabel {
  const regex = compileWhole(config.regex);
  return (labels) => {
    for (const name of labels.keys()) if (regex.test(name) !== keepMatching) labels.delete(name);
    return true;
  };
}

function compileRule(config: RelabelConfig): Relabel {
  const { source_labels: sources, separator, target_label: target } = config;
  const valueOf = (labels: MutableLabels): string =>
    sources.map((name) => labels.get(name) ?? "").join(separator);
  switch (config.action) {
    case "replace":
      return replaceRule(config, valueOf);
    case "keep":
    case "drop": {
      const regex = compileWhole(config.regex);
      const isKept = config.action === "keep";
      return (labels) => regex.test(valueOf(labels)) === isKept;
    }
    case "keepequal":
      return (labels) => (labels.get(target) ?? "") === valueOf(labels);
    case "dropequal":
      return (labels) => (labels.get(target) ?? "") !== valueOf(labels);
    case "hashmod":
      return (labels) => {
        setLabel(labels, target, hashMod(valueOf(labels), config.modulus));
        return true;
      };
    case "lowercase":
    case "uppercase": {
      const isLower = config.action === "lowercase";
      return (labels) => {
        const value = valueOf(labels);
        setLabel(labels, target, isLower ? value.toLowerCase() : value.toUpperCase());
        return true;
      };
    }
    case "labelmap":
      return mapRule(config);
    case "labeldrop":
      return filterNamesRule(config, false);
    case "labelkeep":
      return filterNamesRule(config, true);
  }
}

/**
 * Compiles a list of rules, which are applied in order until one drops. The semantics are those of `relabel.Process`
 * of Prometheus 3, with UTF-8 label names. Undefined when there are no rules.
 */
export function compileRelabel(configs: readonly RelabelConfig[]): Relabel | undefined {
  if (configs.length === 0) return undefined;
  const rules = configs.map(compileRule);
  return (labels) => {
    for (const rule of rules) if (!rule(labels)) return false;
    return true;
  };
}
