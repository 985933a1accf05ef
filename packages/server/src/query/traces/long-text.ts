import { Turns } from "#lib";

/** A list as JSON, written in turns: of many spans it is long. */
export async function listText<T>(
  items: readonly T[],
  show: (item: T) => unknown,
): Promise<string> {
  const turns = new Turns();
  const texts: string[] = [];
  for (const item of items) {
    texts.push(JSON.stringify(show(item)));
    if (turns.isLong) await turns.next();
  }
  return `[${texts.join(",")}]`;
}
