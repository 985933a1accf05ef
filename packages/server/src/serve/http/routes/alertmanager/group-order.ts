import type { AlertGroupView } from "#respond";

type Labels = Readonly<Record<string, string>>;

const compareText = (a: string, b: string): number => {
  if (a === b) return 0;
  return a < b ? -1 : 1;
};

/** As upstream orders label sets: fewer labels first, then the first difference in name or value decides. */
function compareLabels(a: Labels, b: Labels): number {
  const [names, others] = [Object.keys(a).toSorted(), Object.keys(b).toSorted()];
  if (names.length !== others.length) return names.length - others.length;
  for (const [index, name] of names.entries()) {
    const other = others[index] ?? "";
    const order = compareText(name, other) || compareText(a[name] ?? "", b[name] ?? "");
    if (order !== 0) return order;
  }
  return 0;
}

export const compareGroups = (a: AlertGroupView, b: AlertGroupView): number =>
  compareLabels(a.labels, b.labels) || compareText(a.receiver, b.receiver);
