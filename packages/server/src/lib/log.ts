import { pino, type DestinationStream, type Level, type Logger as PinoLogger } from "pino";
import { prettyFactory } from "pino-pretty";

import { LogFile } from "./log-file.ts";
import { formatFileLine, oneLine, withoutSecrets } from "./log-format.ts";
import { isoTime, type Now } from "./time.ts";

export type LogLevel = Level | "silent";

/** The `logging` section of the configuration. */
export interface LoggingOptions {
  level: LogLevel;
  /** `auto` is pretty on a terminal and JSON elsewhere. */
  format: "auto" | "json" | "pretty";
  file?: { path: string; max_bytes: number; max_files: number } | undefined;
}

interface LoggerContext {
  version: string;
  now?: Now;
  /** Standard output unless a test listens. */
  output?: DestinationStream & { isTTY?: boolean };
}

export type Logger = PinoLogger & {
  /** Changes the level of this logger and of every child of it that is still in use. */
  reconfigure: (level: LogLevel) => void;
  /** Writes what is waiting for the log file and closes it; standard output goes on. */
  close: () => Promise<void>;
};

/** Children beyond this are looked through for ones that are gone; requests have one each. */
const CHILDREN_BEFORE_SWEEP = 512;

/** Pino's children copy their parent's level, so a change has to be carried to each. */
class Children {
  private readonly known = new Set<WeakRef<PinoLogger>>();
  private sweepAt = CHILDREN_BEFORE_SWEEP;

  readonly add = (child: PinoLogger): void => {
    this.known.add(new WeakRef(child));
    if (this.known.size < this.sweepAt) return;
    for (const reference of this.known) if (!reference.deref()) this.known.delete(reference);
    this.sweepAt = Math.max(CHILDREN_BEFORE_SWEEP, this.known.size * 2);
  };

  setLevel(level: string): void {
    for (const reference of this.known) {
      const child = reference.deref();
      if (child) child.level = level;
    }
  }
}

/** Colours and times for people; written in this process, because a worker would lose the last lines of a crash. */
function prettyOutput(output: DestinationStream, colorize: boolean): DestinationStream {
  const format = prettyFactory({
    colorize,
    ignore: "pid,hostname,version",
    translateTime: "SYS:HH:MM:ss.l",
    messageFormat: (record, key) => oneLine(String(record[key] ?? "")),
  });
  return { write: (line) => output.write(format(line) ?? line) };
}

/**
 * A logger to standard output, and to a rotating file when one is configured. Secrets are replaced in every line,
 * whatever object they were in.
 */
export function createLogger(options: LoggingOptions, context: LoggerContext): Logger {
  const { version, now = Date.now } = context;
  const isTerminal = context.output ? context.output.isTTY === true : process.stdout.isTTY;
  const output = context.output ?? pino.destination({ fd: 1, sync: true });
  const pretty = options.format === "pretty" || (options.format === "auto" && isTerminal);
  const main = pretty ? prettyOutput(output, isTerminal) : output;
  const children = new Children();
  const file =
    options.file &&
    new LogFile({
      ...options.file,
      now,
      onProblem: (message) => logger.warn({ path: options.file?.path }, message),
    });

  const destination: DestinationStream = {
    write(line) {
      main.write(line);
      file?.write(formatFileLine(line));
    },
  };
  const logger = pino(
    {
      level: options.level,
      base: { version },
      timestamp: () => `,"time":"${isoTime(now())}"`,
      formatters: { level: (label) => ({ level: label }) },
      onChild: children.add,
      hooks: { streamWrite: withoutSecrets },
    },
    destination,
  );
  return Object.assign(logger, {
    reconfigure(level: LogLevel): void {
      logger.level = level;
      children.setLevel(level);
    },
    close: async (): Promise<void> => file?.close(),
  });
}
