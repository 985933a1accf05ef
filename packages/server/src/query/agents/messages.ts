/** Who a message is from. */
export type Role = "user" | "assistant" | "system" | "tool";

export interface Message {
  role: Role;
  text: string;
}

/** Frameworks wrap messages deeply; what is deeper than this is left out. */
const MAX_DEPTH = 12;
/** Messages of one content. */
const MAX_MESSAGES = 500;

const ROLES: readonly [RegExp, Role][] = [
  [/^(?:user|human)/i, "user"],
  [/^(?:assistant|ai|model|agent)/i, "assistant"],
  [/^(?:system|developer)/i, "system"],
  [/^(?:tool|function)/i, "tool"],
];

const roleNamed = (name: unknown): Role | undefined =>
  typeof name === "string" ? ROLES.find(([names]) => names.test(name))?.[1] : undefined;

/** LangChain's serialised messages say their role in the last part of their class's path. */
function roleOf(message: Readonly<Record<string, unknown>>): Role | undefined {
  const { role, type, id } = message;
  const className: unknown = Array.isArray(id) ? id.at(-1) : undefined;
  return roleNamed(role) ?? roleNamed(type === "constructor" ? className : type);
}

function collect(value: unknown, role: Role, into: Message[], depth: number): void {
  if (depth > MAX_DEPTH || into.length >= MAX_MESSAGES) return;
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const one of value) collect(one, role, into, depth + 1);
    return;
  }
  const own = roleOf(value as Record<string, unknown>) ?? role;
  for (const [key, inner] of Object.entries(value)) {
    if (typeof inner !== "string") collect(inner, own, into, depth + 1);
    else if ((key === "content" || key === "text") && inner.trim() !== "")
      into.push({ role: own, text: inner.trim() });
  }
}

/** The messages of a prompt or an answer in whatever form it was sent; a text that is none is one message. */
export function messagesIn(text: string, role: Role): Message[] {
  const trimmed = text.trim();
  if (trimmed === "") return [];
  if (!/^[[{"]/.test(trimmed)) return [{ role, text: trimmed }];
  try {
    const value: unknown = JSON.parse(trimmed);
    if (typeof value === "string") return value.trim() === "" ? [] : [{ role, text: value.trim() }];
    const messages: Message[] = [];
    collect(value, role, messages, 0);
    return messages;
  } catch {
    // What was cut off is no JSON any more, and still tells something.
    return [{ role, text: trimmed }];
  }
}
