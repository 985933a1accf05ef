/** JSON with line breaks; other texts as they are. */
export function readable(text: string): string {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** A piece of a text, found or not. */
export interface Piece {
  text: string;
  found: boolean;
}

/** Hits of one text that are marked. */
const MAX_MARKS = 500;

const escaped = (word: string): string => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** A text cut where words of a search are found in it, whatever their case. */
export function pieces(text: string, find: string | undefined): Piece[] {
  const words = (find ?? "").split(/\s+/).filter(Boolean);
  if (words.length === 0) return [{ text, found: false }];
  const all: Piece[] = [];
  let from = 0;
  for (const hit of text.matchAll(new RegExp(words.map(escaped).join("|"), "gi"))) {
    if (all.length > MAX_MARKS * 2) break;
    if (hit.index > from) all.push({ text: text.slice(from, hit.index), found: false });
    all.push({ text: hit[0], found: true });
    from = hit.index + hit[0].length;
  }
  if (from < text.length) all.push({ text: text.slice(from), found: false });
  return all;
}

/** Texts longer than this are folded. */
const FOLD_LETTERS = 700;
const FOLD_LINES = 12;

/** The beginning of a long text, at the end of a line or a word where there is one; undefined when it is short. */
export function beginningOf(text: string): string | undefined {
  const lines = text.split("\n", FOLD_LINES + 1);
  if (text.length <= FOLD_LETTERS && lines.length <= FOLD_LINES) return undefined;
  const cut = lines.slice(0, FOLD_LINES).join("\n").slice(0, FOLD_LETTERS);
  const end = Math.max(cut.lastIndexOf("\n"), cut.lastIndexOf(" "));
  return cut.slice(0, end > FOLD_LETTERS / 2 ? end : undefined);
}
