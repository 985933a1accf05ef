/** What is looked for in texts that may be private. */
export type MaskKind = "secrets" | "emails" | "cards";

interface Pattern {
  /** Without nested repetition, so that no text makes it slow. */
  pattern: RegExp;
  /** Keeps a match that is none after all. */
  isMeant?: (match: string) => boolean;
  replacement: string;
}

/** Luhn's check, which every number of a payment card satisfies. */
function isCardNumber(text: string): boolean {
  const digits = text.replace(/\D/g, "");
  if (digits.length < 13 || digits.length > 19) return false;
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

const PATTERNS: Readonly<Record<MaskKind, readonly Pattern[]>> = {
  secrets: [
    {
      pattern:
        /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]{0,20000}(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?/g,
      replacement: "[private key]",
    },
    { pattern: /\beyJ[\w-]{8,4096}\.[\w-]{8,8192}\.[\w-]{8,4096}/g, replacement: "[token]" },
    { pattern: /\b(?:sk|pk|rk)[-_][\w-]{16,256}/g, replacement: "[key]" },
    {
      pattern: /\b(?:gh[opsur]|github_pat|glpat|npm|hf|xox[abprs])[-_][\w-]{16,256}/g,
      replacement: "[key]",
    },
    { pattern: /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g, replacement: "[key]" },
    { pattern: /\bAIza[\w-]{35}/g, replacement: "[key]" },
    { pattern: /\b(Bearer|Basic)\s+[\w.~+/=-]{12,4096}/gi, replacement: "$1 [token]" },
    { pattern: /(:\/\/[^\s:/@"']{1,256}):[^\s/@"']{1,256}@/g, replacement: "$1:[password]@" },
    {
      pattern:
        /\b((?:api[-_ ]?key|access[-_]?key|secret(?:[-_]?key)?|client[-_]?secret|password|passwd|pwd|auth[-_]?token|access[-_]?token|refresh[-_]?token)\\?["']?\s{0,4}[:=]\s{0,4}\\?["']?)[^\s"'\\,;&}{)(<>]{4,4096}/gi,
      replacement: "$1[secret]",
    },
  ],
  emails: [
    { pattern: /\b[\w.%+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[a-z]{2,24}\b/gi, replacement: "[e-mail]" },
  ],
  cards: [
    {
      pattern: /\b\d(?:[ -]?\d){12,18}\b/g,
      isMeant: isCardNumber,
      replacement: "[card]",
    },
  ],
};

/** What a text must have for its patterns to find anything; a text without is told at a fraction of their cost. */
const SIGNS: Readonly<Record<MaskKind, RegExp>> = {
  secrets:
    /-----BEGIN|eyJ|[sprk]k[-_]|gh[opsur][-_]|pat[-_]|npm[-_]|hf[-_]|xox|A[KS]IA|AIza|bearer|basic|:\/\/|key|secret|passw|pwd|token/i,
  emails: /@/,
  cards: /\d[ -]?\d[ -]?\d[ -]?\d/,
};
/** Characters that the shortest thing to mask has: `pwd=abcd`, `a@b.de`. */
const LEAST_CHARACTERS = 6;

/** Replaces what looks private by what it was. The text around it stays as it is. */
export function mask(text: string, kinds: readonly MaskKind[]): string {
  if (text.length < LEAST_CHARACTERS || !kinds.some((kind) => SIGNS[kind].test(text))) return text;
  let masked = text;
  for (const kind of kinds)
    for (const { pattern, isMeant, replacement } of PATTERNS[kind])
      masked =
        isMeant === undefined
          ? masked.replace(pattern, replacement)
          : masked.replace(pattern, (match) => (isMeant(match) ? replacement : match));
  return masked;
}
