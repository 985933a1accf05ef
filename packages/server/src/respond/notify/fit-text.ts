/**
 * Control characters but line feeds and tabs, and those that turn the direction of what follows: with them a value
 * could disturb a terminal, or read as something else than it is.
 */
// oxlint-disable-next-line no-control-regex -- These are what is taken out.
const DISTURBING = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069\uFEFF]/g;

const ELLIPSIS = "…";
const ELLIPSIS_BYTES = 3;

/** A value of a megabyte is not looked at as a whole when a thousandth of it will be shown. */
const beginning = (text: string, characters: number): string =>
  text.length > 2 * characters + 64 ? text.slice(0, 2 * characters + 64) : text;

/** Text as it may be shown: whole characters only, nothing that disturbs, no space at its ends. */
export const tidyText = (text: string): string =>
  text
    .replace(DISTURBING, "")
    .replace(/\p{Surrogate}/gu, "\uFFFD")
    .trim();

/** Cuts without leaving half of a pair behind. */
function cutAt(text: string, length: number): string {
  const last = text.charCodeAt(length - 1);
  const isHalf = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, isHalf ? length - 1 : length);
}

/**
 * At most `max` characters, with an ellipsis where something was cut off. Counted in UTF-16 units, which are never
 * fewer than whatever else a service may count.
 */
export function fitCharacters(text: string, max: number): string {
  const start = beginning(text, max);
  const tidied = tidyText(start);
  if (tidied.length <= max && start.length === text.length) return tidied;
  return `${cutAt(tidied, Math.max(0, Math.min(tidied.length, max) - 1)).trimEnd()}${ELLIPSIS}`;
}

/** At most `max` bytes of UTF-8, with an ellipsis where something was cut off. */
export function fitBytes(text: string, max: number): string {
  const start = beginning(text, max);
  const tidied = tidyText(start);
  if (Buffer.byteLength(tidied) <= max && start.length === text.length) return tidied;
  const room = new Uint8Array(Math.max(0, max - ELLIPSIS_BYTES));
  const { read } = new TextEncoder().encodeInto(tidied, room);
  return `${tidied.slice(0, read).trimEnd()}${ELLIPSIS}`;
}

/** Text of one line, as titles are. */
export const fitLine = (text: string, max: number): string =>
  fitCharacters(beginning(text, max).replace(/\s+/g, " "), max);

const HTML_ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => HTML_ESCAPES[character] ?? character);

const NAMED_ENTITIES: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
  ["nbsp", " "],
]);

function decodeEntity(whole: string, name: string): string {
  const digits = /^#(?:x([0-9a-f]{1,6})|(\d{1,7}))$/i.exec(name);
  if (!digits) return NAMED_ENTITIES.get(name.toLowerCase()) ?? whole;
  const point = digits[1] === undefined ? Number(digits[2]) : Number.parseInt(digits[1], 16);
  return point > 0 && point <= 0x10_ffff ? String.fromCodePoint(point) : whole;
}

/** What HTML says without its tags, for where it is too long to be sent as HTML. */
export const htmlToText = (html: string): string =>
  html
    .replace(/<br ?\/?>|<\/(?:p|div|li|h[1-6]|tr|blockquote|pre)>/gi, "\n")
    .replace(/<(?:[^<>"']|"[^"]*"|'[^']*')*>/g, "")
    .replace(/&(#?\w{1,8});/g, decodeEntity)
    .replace(/\n{3,}/g, "\n\n");
