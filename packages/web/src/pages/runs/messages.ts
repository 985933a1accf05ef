/** One message of a prompt or an answer. */
export interface Message {
  role: Role;
  text: string;
}

export type Role = "user" | "assistant" | "system" | "tool";

/** How deep messages are nested in what frameworks send. */
const MAX_NESTING = 12;

const ROLES: readonly [names: RegExp, role: Role][] = [
  [/^(?:user|human)/i, "user"],
  [/^(?:assistant|ai|model|agent)/i, "assistant"],
  [/^(?:system|developer)/i, "system"],
  [/^(?:tool|function)/i, "tool"],
];

const roleNamed = (name: unknown): Role | undefined =>
  typeof name === "string" ? ROLES.find(([names]) => names.test(name))?.[1] : undefined;

/** Of what role a message is: it says so itself, by its type, or by the name of its class. */
function roleOf(message: Readonly<Record<string, unknown>>): Role | undefined {
  const { role, type, id } = message;
  const className: unknown = Array.isArray(id) ? id.at(-1) : undefined;
  return roleNamed(role) ?? (type === "constructor" ? roleNamed(className) : roleNamed(type));
}

interface Gathered {
  messages: Message[];
  /** Role of what is around. */
  role: Role;
}

const PARTS = new Set(["content", "text"]);

function gather(value: unknown, { messages, role }: Gathered, depth: number): void {
  if (depth > MAX_NESTING || typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const one of value) gather(one, { messages, role }, depth + 1);
    return;
  }
  const within = { messages, role: roleOf(value as Record<string, unknown>) ?? role };
  for (const [key, own] of Object.entries(value)) {
    if (typeof own !== "string") gather(own, within, depth + 1);
    else if (PARTS.has(key) && own.trim() !== "")
      messages.push({ role: within.role, text: own.trim() });
  }
}

/** Consecutive parts of one role are one message. */
function joined(messages: readonly Message[]): Message[] {
  const all: Message[] = [];
  const seen = new Set<string>();
  for (const { role, text } of messages) {
    const last = all.at(-1);
    const key = `${role} ${text}`;
    if (seen.has(key)) continue;
    seen.add(key);
    if (last !== undefined && last.role === role && role !== "user") last.text += `\n\n${text}`;
    else all.push({ role, text });
  }
  return all;
}

/** Messages of a content in whatever form a framework sends them; a text that is none of them is one message. */
export function messagesOf(text: string, role: Role): Message[] {
  const trimmed = text.trim();
  if (trimmed === "") return [];
  if (!/^[[{"]/.test(trimmed)) return [{ role, text: trimmed }];
  const messages: Message[] = [];
  try {
    const value: unknown = JSON.parse(trimmed);
    if (typeof value === "string") return messagesOf(` ${value}`, role);
    gather(value, { messages, role }, 0);
  } catch {
    return [{ role, text: trimmed }];
  }
  return joined(messages);
}
