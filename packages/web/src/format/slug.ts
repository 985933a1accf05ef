/** An id made from a name: `Latency over 1 s` becomes `latency-over-1-s`. Empty when nothing is left. */
export const slug = (name: string): string =>
  name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 128)
    .replace(/^-+|-+$/g, "");
