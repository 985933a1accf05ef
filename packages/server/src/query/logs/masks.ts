/** Characters of a line that are looked at for its pattern. */
const MAX_CHARACTERS = 1000;

/** What differs from line to line, the longest forms first: each is replaced by its name. Without nested repetition. */
const MASKS: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, "<uuid>"],
  [
    /\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?(?!\w)/g,
    "<time>",
  ],
  [/\b\d\d:\d\d:\d\d(?:[.,]\d{1,9})?\b/g, "<time>"],
  [/\b(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?\b/g, "<ip>"],
  [/\b0x[0-9a-f]{1,64}\b/gi, "<hex>"],
  [/(?<![\w/.:])(?:\/[\w.@%+~-]{1,255}){2,64}\/?/g, "<path>"],
  [/\b(?=[a-f]{0,64}\d)[0-9a-f]{8,128}\b/gi, "<hex>"],
  [/\b(?=[a-z_-]{0,64}\d)(?=[\d_-]{0,64}[a-z])[\w-]{12,256}\b/gi, "<id>"],
  [/(?<![\w.])[+-]?\d{1,40}(?:\.\d{1,40})?(?:e[+-]?\d{1,4})?(?=[a-zµ%]{0,3}(?!\w))/gi, "<num>"],
];

/** The first line of a text with numbers, ids, addresses, times and paths replaced by their kind. */
export function maskVariables(body: string): string {
  const end = body.indexOf("\n");
  let text = body.slice(0, Math.min(MAX_CHARACTERS, end < 0 ? body.length : end));
  for (const [pattern, replacement] of MASKS) text = text.replace(pattern, replacement);
  return text;
}
