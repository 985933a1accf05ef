const MAX_URL_CHARACTERS = 1024;

/** A link that templates made, when it is one that people may follow; services refuse a whole message for a bad one. */
export function webUrl(text: string, max = MAX_URL_CHARACTERS): string | undefined {
  const url = URL.parse(text.trim());
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) return undefined;
  return url.href.length <= max ? url.href : undefined;
}
