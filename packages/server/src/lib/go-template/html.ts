import { escapeHtml } from "./builtins.ts";
import type { Output } from "./frame.ts";
import { HtmlContext } from "./html-context.ts";
import { printValue } from "./print.ts";
import {
  GoMap,
  GoSlice,
  GoStruct,
  SafeText,
  stringOf,
  type SafeKind,
  type Value,
} from "./values.ts";

/** Stands for what would be dangerous where it was to be inserted; html/template's sign for it. */
const UNSAFE = "ZgotmplZ";

/** A plus begins an encoding of its own in UTF-7, which some readers guess. */
const escapeText = (text: string): string => escapeHtml(text).replaceAll("+", "&#43;");

const NO_QUOTES: Readonly<Record<string, string>> = {
  "\t": "&#9;",
  "\n": "&#10;",
  "\v": "&#11;",
  "\f": "&#12;",
  "\r": "&#13;",
  " ": "&#32;",
  "=": "&#61;",
  "`": "&#96;",
};
const escapeUnquoted = (text: string): string =>
  text === ""
    ? UNSAFE
    : escapeText(text).replace(/[\t\n\v\f\r =`]/g, (char) => NO_QUOTES[char] ?? char);

/** Only these may begin a URL that is inserted as a whole; what names no scheme stays on the page's server. */
const SCHEMES = /^(?:https?|mailto):/i;

function filterUrl(url: string): string {
  const head = /^[^/?#]*:/.exec(url);
  return head === null || SCHEMES.test(url) ? url : `#${UNSAFE}`;
}

const hex = (byte: number): string => `%${byte.toString(16).padStart(2, "0")}`;

/** Encodes what must not stand in a URL; `%20` stays what it is. */
function encodeUrl(text: string, kept: RegExp): string {
  const bytes = Buffer.from(text);
  let result = "";
  for (const [index, byte] of bytes.entries()) {
    const char = String.fromCharCode(byte);
    const isEscape =
      char === "%" && /^[0-9a-fA-F]{2}$/.test(bytes.toString("latin1", index + 1, index + 3));
    result += byte < 0x80 && (kept.test(char) || (isEscape && kept === IN_URL)) ? char : hex(byte);
  }
  return result;
}
const IN_URL = /[A-Za-z0-9!#$&*+,/:;=?@[\]_.~-]/;
const IN_QUERY = /[A-Za-z0-9_.~-]/;

/** A value of CSS that cannot end the declaration, call anything or load anything. */
function filterCss(text: string): string {
  if (!/^[\w\s.,%#+-]*$/.test(text) || /expression|mozbinding/i.test(text.replace(/[^a-z]/gi, "")))
    return UNSAFE;
  return text.includes("//") || text.includes("--") ? UNSAFE : text;
}

/** JSON that is also safe inside of a script: no tag can end in it. */
function scriptValue(value: Value, depth = 0): string {
  if (depth > 20) return "null";
  const quoted = (text: string) =>
    JSON.stringify(text).replace(
      /[<>&'\u2028\u2029]/g,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
  if (value === undefined) return "null";
  if (typeof value === "number") return Number.isFinite(value) ? JSON.stringify(value) : "null";
  if (typeof value === "bigint" || typeof value === "boolean") return String(value);
  const inner = (one: Value) => scriptValue(one, depth + 1);
  const pairs = (list: Iterable<readonly [string, Value]>) =>
    `{${[...list].map(([key, one]) => `${quoted(key)}:${inner(one)}`).join(",")}}`;
  if (value instanceof GoSlice) return `[${value.items.map(inner).join(",")}]`;
  if (value instanceof GoMap)
    return pairs(value.sortedKeys().map((key) => [key, value.get(key)] as const));
  if (value instanceof GoStruct) return pairs(value.fields);
  return quoted(stringOf(value) ?? printValue(value));
}

/** Every sign is written by its number: outside of a string, this could not even be read. */
const scriptText = (text: string): string =>
  text.replace(
    /[^A-Za-z0-9 ]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

const withoutTags = (text: string): string => text.replace(/<[^>]*>?/g, "");

/** Writes a page: values are escaped by the place where they are inserted, as html/template does. */
export class HtmlOutput implements Output {
  private readonly context = new HtmlContext();

  literal(text: string): string {
    return this.context.follow(text);
  }

  value(value: Value): string {
    const { context } = this;
    const safe: SafeKind | undefined = value instanceof SafeText ? value.kind : undefined;
    const text = value === undefined ? "" : (stringOf(value) ?? printValue(value));
    switch (context.state) {
      case "text":
        return safe === "html" ? text : escapeText(text);
      case "rcdata":
        return escapeText(safe === "html" ? withoutTags(text) : text);
      case "comment":
        return "";
      case "script":
        return this.script(value, text);
      case "style":
        return filterCss(text);
      case "before-value":
        context.openAttribute();
        return this.attribute(value, text, safe);
      case "value":
        return this.attribute(value, text, safe);
      default:
        return /^[a-zA-Z0-9]+$/.test(text) && !/^(?:on|style|src|href|data|xmlns)/i.test(text)
          ? text
          : UNSAFE;
    }
  }

  private script(value: Value, text: string): string {
    const { scriptQuote } = this.context;
    if (scriptQuote === "`") return UNSAFE;
    if (scriptQuote !== "") return scriptText(text);
    // Spaces keep a number from growing together with what stands beside it.
    const written = scriptValue(value);
    return /^["[{]/.test(written) ? written : ` ${written} `;
  }

  private attribute(value: Value, text: string, safe: SafeKind | undefined): string {
    const { attribute, quote } = this.context;
    const escape = quote === "" ? escapeUnquoted : escapeText;
    switch (attribute) {
      case "url":
      case "srcset":
        return escape(this.url(text, safe, attribute === "srcset"));
      case "css":
        return escape(filterCss(text));
      case "script":
        return escape(this.script(value, text));
      default:
        return escape(safe === "html" ? withoutTags(text) : text);
    }
  }

  private url(text: string, safe: SafeKind | undefined, isList: boolean): string {
    if (safe === "urlquery") return text;
    if (this.context.url === "query") return encodeUrl(text, IN_QUERY);
    const url = this.context.url === "start" && safe !== "url" ? filterUrl(text) : text;
    const encoded = encodeUrl(url, IN_URL);
    return isList ? encoded.replaceAll(",", "%2c") : encoded;
  }
}
