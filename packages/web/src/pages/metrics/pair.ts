const PLAIN = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** The question how many series have a pair such as `job=api`, by metric; a metric's own name asks by nothing. */
export const selectorOfPair = (pair: string): string | null => {
  const at = pair.indexOf("=");
  if (at <= 0) return null;
  const [label, value] = [pair.slice(0, at), pair.slice(at + 1)];
  const name = PLAIN.test(label) ? label : JSON.stringify(label);
  const selector = `{${name}=${JSON.stringify(value)}}`;
  return label === "__name__" ? `count(${selector})` : `count by (__name__) (${selector})`;
};
