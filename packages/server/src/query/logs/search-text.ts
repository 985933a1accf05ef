import { badRequest } from "#lib";
import { wordsOf, type LogTerm } from "#store";

/** Words and phrases of one search. */
const MAX_TERMS = 16;
/** Words of one phrase that the index is asked for. */
const MAX_WORDS = 32;

const TERM = /(-?)(?:"([^"]*)"?|(\S+))/g;

/**
 * Reads what people type: words, "phrases in quotes", and -words or -"phrases" that a line must not have. Case does not count.
 * @throws FleetlightError `bad_request` when there are too many.
 */
export function parseSearch(text: string): LogTerm[] {
  const terms: LogTerm[] = [];
  for (const [, minus, phrase, word] of text.matchAll(TERM)) {
    const own = (phrase ?? word ?? "").trim().toLowerCase();
    if (own === "") continue;
    terms.push({ text: own, words: wordsOf(own).slice(0, MAX_WORDS), negated: minus === "-" });
  }
  if (terms.length <= MAX_TERMS) return terms;
  const message = `a search has at most ${MAX_TERMS} words and phrases`;
  throw badRequest(message, [{ path: "q", message }]);
}
