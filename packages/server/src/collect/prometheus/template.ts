/** A reference such as `$1`, `${1}`, `$name` or `${name}`, and the text before it. */
interface Part {
  text: string;
  /** Undefined in the last part, which is text only. */
  group: string | undefined;
}

/** The groups of one match. */
export interface Groups {
  /** Text of a group by number or name; empty when there is no such group, or it took no part. */
  group(name: string): string;
}

const NAME = /^[\p{L}\p{Nd}_]+/u;

/** Reads the name behind a dollar sign; undefined when there is none, and the dollar is text to be left out. */
function readName(text: string): { name: string; length: number } | undefined {
  const inBraces = text.startsWith("{");
  const name = NAME.exec(inBraces ? text.slice(1) : text)?.[0];
  if (name === undefined) return undefined;
  if (!inBraces) return { name, length: name.length };
  return text[name.length + 1] === "}" ? { name, length: name.length + 2 } : undefined;
}

/**
 * A replacement as Go's `Regexp.Expand` understands it: a name is as long as it can be (`$1x` is the group `1x`),
 * `$$` is a dollar sign, and a malformed reference leaves a dollar sign where it stands.
 */
export class Template {
  readonly source: string;
  /** Whether the text is the same for every match. */
  readonly isConstant: boolean;
  private readonly parts: Part[] = [];

  constructor(source: string) {
    this.source = source;
    this.isConstant = !source.includes("$");
    let text = "";
    let at = 0;
    while (at < source.length) {
      const dollar = source.indexOf("$", at);
      if (dollar < 0) break;
      text += source.slice(at, dollar);
      at = dollar + 1;
      if (source[at] === "$") {
        text += "$";
        at++;
        continue;
      }
      const reference = readName(source.slice(at));
      if (reference === undefined) {
        text += "$";
        continue;
      }
      this.parts.push({ text, group: reference.name });
      text = "";
      at += reference.length;
    }
    this.parts.push({ text: text + source.slice(at), group: undefined });
  }

  expand(groups: Groups): string {
    let result = "";
    for (const { text, group } of this.parts) {
      result += text;
      if (group !== undefined) result += groups.group(group);
    }
    return result;
  }
}
