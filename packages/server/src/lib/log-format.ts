const REDACTED = "[redacted]";

const SECRET_NAME =
  "(?:proxy-)?authorization|(?:set-)?cookie|(?:\\w{1,32}[_-])?(?:token|password|passwd|secret|api[_-]?key|private[_-]?key)";
const SECRET_FIELD = new RegExp(
  `"(${SECRET_NAME})":(?:"(?:[^"\\\\]|\\\\.)*"|\\[[^\\]{}]*\\]|[\\d.]+)`,
  "gi",
);
/** The same in JSON that is itself quoted in a message. */
const QUOTED_SECRET_FIELD = new RegExp(`\\\\"(${SECRET_NAME})\\\\":\\\\"[^"\\\\]*\\\\"`, "gi");
const URL_CREDENTIALS = /([a-z][a-z\d+.-]{1,20}:\/\/)[^\s/"'@\\]{1,512}@/gi;
/** A word without a digit or a sign is language, not a credential. */
const BEARER = /\b(bearer|basic) +(?=[a-z]*[\d=_.~+/-])[\w.~+/=-]{4,}/gi;
const QUERY_SECRET = /([?&](?:access_|auth_)?(?:token|password|secret|api_?key|key)=)[^&\s"'\\]+/gi;

/** Replaces secrets in one JSON line, at any depth and inside of messages; the line stays JSON. */
export function withoutSecrets(line: string): string {
  return line
    .replace(SECRET_FIELD, `"$1":"${REDACTED}"`)
    .replace(QUOTED_SECRET_FIELD, `\\"$1\\":\\"${REDACTED}\\"`)
    .replace(URL_CREDENTIALS, `$1${REDACTED}@`)
    .replace(BEARER, `$1 ${REDACTED}`)
    .replace(QUERY_SECRET, `$1${REDACTED}`);
}

// oxlint-disable-next-line no-control-regex -- they are what is looked for
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;
const ESCAPES: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** Escapes what would begin a new line or steer a terminal: a service's name must not write log records. */
export const oneLine = (text: string): string =>
  text.replace(UNSAFE, (character) => {
    const code = character.charCodeAt(0).toString(16).padStart(4, "0");
    return ESCAPES[character] ?? `\\u${code}`;
  });

/** Longest message in the log file, in characters. */
const MAX_MESSAGE = 16_384;

/** Python's names, which is what readers of this format know. */
const PYTHON_LEVELS: Record<string, string> = {
  trace: "DEBUG",
  debug: "DEBUG",
  info: "INFO",
  warn: "WARNING",
  error: "ERROR",
  fatal: "CRITICAL",
};

interface LogRecord {
  level?: string;
  time?: string;
  msg?: unknown;
  err?: { message?: unknown };
}

const two = (value: number): string => String(value).padStart(2, "0");

function localTime(time: Date): string {
  const date = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  return `${date} ${clock},${String(time.getMilliseconds()).padStart(3, "0")}`;
}

/** One JSON line of pino as `2025-09-22 05:00:00,123 - INFO - Registered service: agent-service-1`, in local time. */
export function formatFileLine(line: string): string {
  const record = JSON.parse(line) as LogRecord;
  const level = PYTHON_LEVELS[record.level ?? "info"] ?? "INFO";
  const message = typeof record.msg === "string" ? record.msg : "";
  const cause = typeof record.err?.message === "string" ? record.err.message : "";
  const parts = cause === "" || message.includes(cause) ? [message] : [message, cause];
  const text = oneLine(
    parts
      .filter((part) => part !== "")
      .join(": ")
      .slice(0, MAX_MESSAGE),
  );
  return `${localTime(new Date(record.time ?? 0))} - ${level} - ${text}\n`;
}
