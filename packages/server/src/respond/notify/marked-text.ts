/**
 * What templates insert into Markdown is escaped for the place where it lands, which only the whole text shows. So
 * values are marked while a template is expanded, and escaped afterwards.
 */
const START = "\uE000";
const END = "\uE001";
const MARKS = /[\uE000\uE001]/g;

/** A value that a template inserts, with marks around it; to be given to the expansion of templates. */
export const markValue = (value: string): string => `${START}${value.replace(MARKS, "")}${END}`;

type Place = "text" | "code" | "link";
type Escape = Readonly<Record<Place, (value: string) => string>>;

const backslash = (characters: RegExp) => (value: string) => value.replace(characters, "\\$&");

/** In code nothing can be escaped, so what would end it becomes what looks like it. */
const insideCode = (value: string): string => value.replaceAll("`", "ˋ");
const insideLink = (value: string): string =>
  value.replace(/[\s()<>[\]\\`*]/g, (character) =>
    encodeURIComponent(character).replace("(", "%28").replace(")", "%29").replace("*", "%2A"),
  );

const URL_IN_TEXT = /(https?:\/\/[^\s<>()[\]"'`|\\*~]+)/;

/** Escapes all but URLs, which services recognise and take as they are. */
const aroundUrls = (escape: (value: string) => string) => (value: string) =>
  value
    .split(URL_IN_TEXT)
    .map((part, index) => (index % 2 === 1 ? part : escape(part)))
    .join("");

const ZERO_WIDTH_SPACE = "\u200B";

/** Languages of texts, and what a value has to become in each place of them. */
const DIALECTS = {
  /** Telegram's: every one of these characters has to be escaped, in links and code others. */
  MarkdownV2: {
    text: backslash(/[_*[\]()~`>#+\-=|{}.!\\]/g),
    code: backslash(/[`\\]/g),
    link: backslash(/[)\\]/g),
  },
  /** Telegram's former one, in which code and links cannot hold what ends them. */
  Markdown: {
    text: backslash(/[_*`[]/g),
    code: insideCode,
    link: insideLink,
  },
  discord: {
    text: aroundUrls(backslash(/[\\*_~`|[\]()<>#]/g)),
    code: insideCode,
    link: insideLink,
  },
  /** Also that of ntfy. A space of no width keeps `@channel` from calling everybody. */
  mattermost: {
    text: aroundUrls((value) =>
      backslash(/[\\*_~`|[\]()<>#!$]/g)(value).replaceAll("@", `@${ZERO_WIDTH_SPACE}`),
    ),
    code: insideCode,
    link: insideLink,
  },
  /** Cards of Microsoft Teams: Markdown in which HTML is understood as well. */
  teams: {
    text: aroundUrls((value) =>
      backslash(/[\\*_~`|[\]()#]/g)(value)
        .replaceAll("&", "&amp;")
        .replaceAll("<", "&lt;")
        .replaceAll(">", "&gt;"),
    ),
    code: insideCode,
    link: insideLink,
  },
} satisfies Record<string, Escape>;

export type Dialect = keyof typeof DIALECTS;

/** Follows the author's own text to know where the next value stands. */
class PlaceFinder {
  /** Backticks that opened the code that we are in; 0 outside of code. */
  private fence = 0;
  private isLink = false;

  follow(text: string): void {
    for (const [token] of text.matchAll(/\\.|`+|\]\(|\)/gs)) {
      if (token.startsWith("`")) this.followBackticks(token.length);
      else if (this.fence === 0 && token === "](") this.isLink = true;
      else if (token === ")") this.isLink = false;
    }
  }

  get place(): Place {
    if (this.fence > 0) return "code";
    return this.isLink ? "link" : "text";
  }

  private followBackticks(count: number): void {
    if (this.fence === 0) this.fence = count;
    else if (this.fence === count) this.fence = 0;
  }
}

/** The text of an expanded template, its marked values escaped so that none of them becomes markup. */
export function renderMarked(marked: string, dialect: Dialect): string {
  const escape: Escape = DIALECTS[dialect];
  const places = new PlaceFinder();
  const parts: string[] = [];
  for (const [index, piece] of marked.split(START).entries()) {
    // A value that was cut off has no end.
    const found = piece.indexOf(END);
    const end = index === 0 ? 0 : found < 0 ? piece.length : found;
    if (end > 0) parts.push(escape[places.place](piece.slice(0, end)));
    const own = piece.slice(end).replace(MARKS, "");
    places.follow(own);
    parts.push(own);
  }
  return parts.join("");
}

/** The same text with its values as they are. */
export const unmark = (marked: string): string => marked.replace(MARKS, "");
