import {
  ANY,
  failFunction,
  GoDuration,
  GoMap,
  GoSlice,
  GoTime,
  humanizeDuration,
  LIST,
  matchText,
  replaceText,
  SafeText,
  STRING,
  stringOf,
  strings,
  STRINGS,
  stringsOf,
  TEMPLATE_LIMITS,
  textFunction,
  TIME,
  toFloat,
  toLower,
  toUpper,
  type FunctionTable,
  type GoFunction,
  type Now,
  type Value,
} from "#lib";

import { toJson } from "./json.ts";

const words = new Intl.Segmenter("en", { granularity: "word" });

/** Each word's first letter in upper case, its others in lower case. */
function title(text: string): string {
  let result = "";
  for (const { segment } of words.segment(text)) {
    const at = segment.search(/[\p{Lu}\p{Ll}\p{Lt}]/u);
    if (at < 0) result += segment;
    else {
      const letter = String.fromCodePoint(segment.codePointAt(at) ?? 0);
      result +=
        segment.slice(0, at) +
        letter.toUpperCase().replace(/(?<=.)./gu, (more) => more.toLowerCase());
      result += segment.slice(at + letter.length).toLowerCase();
    }
  }
  return result;
}

function urlUnescape(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return failFunction(`invalid URL escape in ${JSON.stringify(text.slice(0, 100))}`);
  }
}

const texts = (): [string, GoFunction][] => [
  ["toUpper", textFunction(1, (text = "") => toUpper(text))],
  ["toLower", textFunction(1, (text = "") => toLower(text))],
  ["title", textFunction(1, (text = "") => title(text))],
  ["trimSpace", textFunction(1, (text = "") => text.trim())],
  ["match", textFunction(2, (pattern = "", text = "") => matchText(pattern, text))],
  [
    "reReplaceAll",
    textFunction(3, (pattern = "", replacement = "", text = "") =>
      replaceText(pattern, replacement, text, TEMPLATE_LIMITS.maxOutputLength),
    ),
  ],
  ["safeHtml", textFunction(1, (text = "") => new SafeText("html", text))],
  ["safeUrl", textFunction(1, (text = "") => new SafeText("url", text))],
  ["urlUnescape", textFunction(1, (text = "") => urlUnescape(text))],
];

function dictOf(args: readonly Value[]): GoMap {
  if (args.length % 2 !== 0) failFunction("invalid dict call: a value is missing");
  const entries = new Map<string, Value>();
  for (let at = 0; at < args.length; at += 2) {
    const key = stringOf(args[at]);
    if (key === undefined) return failFunction("dict keys must be strings");
    entries.set(key, args[at + 1]);
  }
  return new GoMap(entries);
}

function joined(separator: string, list: readonly string[]): string {
  const length = list.reduce((sum, one) => sum + one.length + separator.length, 0);
  if (length > TEMPLATE_LIMITS.maxOutputLength) failFunction("the result is too long");
  return list.join(separator);
}

const lists = (): [string, GoFunction][] => [
  [
    "join",
    {
      parameters: [STRING, STRINGS],
      call: ([separator, list]) => joined(stringOf(separator) ?? "", stringsOf(list)),
    },
  ],
  [
    "stringSlice",
    {
      parameters: [STRING],
      variadic: true,
      call: (args) => strings(args.map((one) => stringOf(one) ?? "")),
    },
  ],
  ["list", { parameters: [ANY], variadic: true, call: (args) => new GoSlice(args) }],
  [
    "append",
    {
      parameters: [LIST, ANY],
      variadic: true,
      call: ([list, ...more]) => new GoSlice([...(list as GoSlice).items, ...more]),
    },
  ],
  ["dict", { parameters: [ANY], variadic: true, call: dictOf }],
  ["toJson", { parameters: [ANY], call: ([value]) => toJson(value) }],
];

const times = (now: Now): [string, GoFunction][] => [
  [
    "date",
    {
      parameters: [STRING, TIME],
      call: ([layout, time]) => (time as GoTime).format(stringOf(layout) ?? ""),
    },
  ],
  [
    "tz",
    {
      parameters: [STRING, TIME],
      call: ([zone, time]) => (time as GoTime).in(stringOf(zone) ?? ""),
    },
  ],
  [
    "since",
    {
      parameters: [TIME],
      call: ([time]) => new GoDuration(GoTime.ofMs(now()).nanos - (time as GoTime).nanos),
    },
  ],
  ["humanizeDuration", { parameters: [ANY], call: ([value]) => humanizeDuration(toFloat(value)) }],
];

/** Alertmanager's template functions. */
export const notificationFunctions = (now: Now): FunctionTable =>
  new Map([...texts(), ...lists(), ...times(now)]);
