/** What would be sent, for people: the parts that are not empty, with a line between them. */
export function previewOf(
  parts: readonly string[],
  facts: Readonly<Record<string, string | number | undefined>> = {},
): string {
  const lines = Object.entries(facts).flatMap(([name, value]) =>
    value === undefined || value === "" ? [] : [`${name}: ${value}`],
  );
  return [
    ...parts.filter((part) => part !== ""),
    ...(lines.length > 0 ? [lines.join("\n")] : []),
  ].join("\n\n");
}
