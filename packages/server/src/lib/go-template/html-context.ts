/** Where in a page the next character stands. */
export type HtmlState =
  | "text"
  | "tag"
  | "attribute-name"
  | "after-name"
  | "before-value"
  | "value"
  | "rcdata"
  | "script"
  | "style"
  | "comment";

export type AttributeKind = "plain" | "url" | "srcset" | "css" | "script";

const URL_ATTRIBUTES = new Set(
  "action archive background cite classid codebase data formaction href icon longdesc manifest poster profile src usemap xmlns".split(
    " ",
  ),
);
const SPACE = /[ \t\n\f\r]/;
const TAG_NAME = /^<\/?([a-zA-Z][a-zA-Z0-9:-]*)/;
const SPECIAL: Readonly<Record<string, HtmlState>> = {
  script: "script",
  style: "style",
  title: "rcdata",
  textarea: "rcdata",
};

function attributeKind(name: string): AttributeKind {
  const plain = name.startsWith("data-") ? name.slice(5) : name.replace(/^xmlns:.*/, "href");
  const local = plain.includes(":") ? plain.slice(plain.indexOf(":") + 1) : plain;
  if (local.startsWith("on")) return "script";
  if (local === "style") return "css";
  if (local === "srcset") return "srcset";
  if (URL_ATTRIBUTES.has(local) || /src|uri|url/.test(local)) return "url";
  return "plain";
}

/**
 * Follows a page as it is written: the text of templates moves it, inserted values do not, as they are escaped so that they
 * cannot. Comments are left out, since nobody sees what is inserted into them.
 */
export class HtmlContext {
  state: HtmlState = "text";
  attribute: AttributeKind = "plain";
  /** The quote around an attribute's value; empty where it has none. */
  quote: '"' | "'" | "" = "";
  /** Where in a URL the next character stands. */
  url: "start" | "path" | "query" = "start";
  /** The quote of the string of a script that is open; empty outside of strings. */
  scriptQuote = "";
  private element = "";
  private closing = false;
  private name = "";

  /** Takes the next text of a template and gives back what of it is written. */
  follow(text: string): string {
    let written = "";
    for (let at = 0; at < text.length;) {
      const [end, shown] = this.step(text, at);
      written += shown;
      at = end;
    }
    return written;
  }

  private step(text: string, at: number): [number, string] {
    switch (this.state) {
      case "text":
        return this.inText(text, at);
      case "comment": {
        const end = text.indexOf("-->", at);
        if (end < 0) return [text.length, ""];
        this.state = "text";
        return [end + 3, ""];
      }
      case "rcdata":
      case "script":
      case "style":
        return this.inElement(text, at);
      case "value":
        return this.inValue(text, at);
      default:
        return this.inTag(text, at);
    }
  }

  private inText(text: string, at: number): [number, string] {
    const open = text.indexOf("<", at);
    if (open < 0) return [text.length, text.slice(at)];
    const before = text.slice(at, open);
    if (text.startsWith("<!--", open)) {
      this.state = "comment";
      return [open + 4, before];
    }
    const tag = TAG_NAME.exec(text.slice(open, open + 100));
    if (!tag) {
      // `<!DOCTYPE` is no element, and a lone angle bracket must not join with what is inserted after it.
      const isDeclaration = /^<[!?]/.test(text.slice(open, open + 2));
      return [open + 1, `${before}${isDeclaration ? "<" : "&lt;"}`];
    }
    this.element = (tag[1] ?? "").toLowerCase();
    this.closing = text[open + 1] === "/";
    this.state = "tag";
    return [open + tag[0].length, before + tag[0]];
  }

  private inTag(text: string, at: number): [number, string] {
    const char = text[at] ?? "";
    const next: [number, string] = [at + 1, char];
    if (char === ">") {
      this.state = this.closing ? "text" : (SPECIAL[this.element] ?? "text");
      this.scriptQuote = "";
      return next;
    }
    if (this.state === "before-value") return this.openValue(text, at);
    if (SPACE.test(char)) {
      if (this.state === "attribute-name") this.state = "after-name";
      return next;
    }
    if (char === "=" && this.state !== "tag") {
      this.state = "before-value";
      return next;
    }
    if (char === "/") {
      this.state = "tag";
      return next;
    }
    this.name = this.state === "attribute-name" ? this.name + char : char;
    this.state = "attribute-name";
    return next;
  }

  private openValue(text: string, at: number): [number, string] {
    const char = text[at] ?? "";
    if (SPACE.test(char)) return [at + 1, char];
    this.openAttribute();
    if (char !== '"' && char !== "'") return [at, ""];
    this.quote = char;
    return [at + 1, char];
  }

  /** Begins a value without quotes, which is what a value inserted right after `=` does. */
  openAttribute(): void {
    this.state = "value";
    this.attribute = attributeKind(this.name.toLowerCase());
    this.quote = "";
    this.url = "start";
    this.scriptQuote = "";
  }

  private inValue(text: string, at: number): [number, string] {
    const { quote } = this;
    let end = at;
    if (quote === "") while (end < text.length && !/[ \t\n\f\r>]/.test(text[end] ?? "")) end++;
    else end = text.includes(quote, at) ? text.indexOf(quote, at) : text.length;
    const part = text.slice(at, end);
    this.followValue(part);
    if (end >= text.length) return [end, part];
    this.state = "tag";
    return quote === "" ? [end, part] : [end + 1, part + quote];
  }

  private followValue(part: string): void {
    if (/[?#]/.test(part)) this.url = "query";
    else if (part.trim() !== "" && this.url === "start") this.url = "path";
    if (this.attribute === "script")
      this.followScript(
        part.replaceAll("&#34;", '"').replaceAll("&quot;", '"').replaceAll("&#39;", "'"),
      );
  }

  /** Strings matter: a value inside of one is escaped in another way. Comments may have lone quotes. */
  private followScript(part: string): void {
    for (let at = 0; at < part.length; at++) {
      const char = part[at] ?? "";
      if (this.scriptQuote === "" && (part.startsWith("//", at) || part.startsWith("/*", at))) {
        const end = part[at + 1] === "/" ? part.indexOf("\n", at) : part.indexOf("*/", at);
        at = end < 0 ? part.length : end;
      } else if (char === "\\") at++;
      else if (this.scriptQuote === "" && /["'`]/.test(char)) this.scriptQuote = char;
      else if (char === this.scriptQuote) this.scriptQuote = "";
    }
  }

  private inElement(text: string, at: number): [number, string] {
    const close = new RegExp(`</${this.element}(?=[\\s>/])`, "i").exec(text.slice(at));
    const end = close === null ? text.length : at + close.index;
    const part = text.slice(at, end);
    if (this.state === "script") this.followScript(part);
    if (close === null) return [end, part];
    this.closing = true;
    this.state = "tag";
    return [end + close[0].length, part + close[0]];
  }
}
