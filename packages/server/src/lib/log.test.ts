import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { LogFile } from "./log-file.ts";
import { formatFileLine, oneLine, withoutSecrets } from "./log-format.ts";
import { createLogger, type Logger, type LoggingOptions } from "./log.ts";

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "fleetlight-log-"));
  path = join(directory, "logs", "fleetlight.log");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const NOON = new Date(2025, 8, 22, 5, 0, 0, 123).getTime();

function create(
  options: Partial<LoggingOptions> = {},
  isTTY = false,
): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const output = { isTTY, write: (line: string) => lines.push(line) };
  const logger = createLogger(
    { level: "info", format: "auto", ...options },
    { version: "1.2.3", now: () => NOON, output },
  );
  return { logger, lines };
}

const record = (line = ""): Record<string, unknown> => JSON.parse(line) as Record<string, unknown>;

describe("standard output", () => {
  it("is JSON with level, time and version", () => {
    const { logger, lines } = create();
    logger.info({ service: "a" }, "Registered");
    expect(record(lines[0])).toEqual({
      level: "info",
      time: new Date(NOON).toISOString(),
      version: "1.2.3",
      service: "a",
      msg: "Registered",
    });
  });

  it.each([
    ["auto", true, false],
    ["auto", false, true],
    ["json", true, true],
    ["pretty", false, false],
  ] as const)("with format %s on a terminal: %s is JSON: %s", (format, isTTY, json) => {
    const { logger, lines } = create({ format }, isTTY);
    logger.info("hello");
    expect(lines.join("")).toContain("hello");
    expect(lines.join("").startsWith("{")).toBe(json);
  });

  it("changes the level of the logger and of children made before", () => {
    const { logger, lines } = create();
    const child = logger.child({ room: "scrape" });
    const grandchild = child.child({ target: "a" });
    grandchild.debug("hidden");
    logger.reconfigure("debug");
    grandchild.debug("shown");
    logger.reconfigure("error");
    child.warn("hidden");
    logger.warn("hidden");
    expect(lines.map((line) => record(line).msg)).toEqual(["shown"]);
  });

  it("cannot be made to write a second line or to steer the terminal", () => {
    const { logger, lines } = create({ format: "pretty" });
    logger.info("a\n[05:00:00.000] ERROR: forged\u001b[31m");
    expect(lines.join("").trimEnd().split("\n")).toHaveLength(1);
    expect(lines.join("")).not.toContain("\u001b[31m");
  });
});

describe("secrets", () => {
  const secret = "hunter2-1";
  it.each([
    [{ token: secret }, "x"],
    [{ req: { headers: { authorization: `Bearer ${secret}`, cookie: `a=${secret}` } } }, "x"],
    [{ deep: { a: { b: { webhook_password: secret, "x-api-key": secret } } } }, "x"],
    [{ "set-cookie": [secret, secret] }, "x"],
    [{ secret: `${secret}"quoted\\` }, "x"],
    [{ url: `http://user:${secret}@host/db` }, "x"],
    [{}, `POST https://u:${secret}@host failed`],
    [{}, `sent Authorization: Bearer ${secret}`],
    [{}, `GET /ws?access_token=${secret}&a=1`],
    [{}, `body was ${JSON.stringify({ password: secret, a: 1 })}`],
    [{ err: new Error(`connect postgres://u:${secret}@h`) }, "x"],
  ])("are replaced in %j %s", (fields, message) => {
    const { logger, lines } = create();
    logger.info(fields, message);
    expect(lines[0]).not.toContain(secret);
    expect(lines[0]).toContain("[redacted]");
    expect(record(lines[0]).version).toBe("1.2.3");
  });

  it.each([
    '{"tokens":12,"msg":"a bearer token is needed, basic authentication too"}',
    '{"url":"http://host:8051/a@b","msg":"mail a@b.c"}',
    '{"key":"value","label":"x?y=z"}',
  ])("leaves %s as it is", (line) => {
    expect(withoutSecrets(line)).toBe(line);
  });

  it("are looked for in linear time", () => {
    const line = JSON.stringify({
      token: `${'\\"'.repeat(50_000)}`,
      msg: "http://".repeat(20_000) + "a_".repeat(50_000),
    });
    const started = performance.now();
    expect(() => JSON.parse(withoutSecrets(line)) as unknown).not.toThrow();
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

describe("one line of the file", () => {
  const line = (fields: object): string =>
    formatFileLine(
      JSON.stringify({ level: "info", time: new Date(NOON).toISOString(), ...fields }),
    );

  it("has local time, Python's level and the message", () => {
    expect(line({ msg: "Registered service: agent-service-1" })).toBe(
      "2025-09-22 05:00:00,123 - INFO - Registered service: agent-service-1\n",
    );
  });

  it.each([
    ["trace", "DEBUG"],
    ["debug", "DEBUG"],
    ["info", "INFO"],
    ["warn", "WARNING"],
    ["error", "ERROR"],
    ["fatal", "CRITICAL"],
  ])("names %s as %s", (level, name) => {
    expect(line({ level, msg: "x" })).toContain(` - ${name} - x\n`);
  });

  it("tells the cause of an error, once", () => {
    expect(line({ msg: "Scrape failed", err: { message: "timeout" } })).toContain(
      " - Scrape failed: timeout\n",
    );
    expect(line({ msg: "timeout", err: { message: "timeout" } })).toContain(" - timeout\n");
  });

  it("stays one line whatever the message holds", () => {
    const forged = "a\r\n2025-09-22 05:00:00,123 - ERROR - forged\u2028\u0000\u009b";
    expect(line({ msg: forged }).split(/[\r\n\u2028]/)).toHaveLength(2);
    expect(oneLine("a\nb\tc\u0007")).toBe(String.raw`a\nb\tc\u0007`);
  });

  it("is cut when the message is huge", () => {
    expect(line({ msg: "x".repeat(1_000_000) }).length).toBeLessThan(17_000);
  });
});

describe("the rotating file", () => {
  const problems: string[] = [];
  const createFile = (
    options: { max_bytes?: number; max_files?: number; now?: () => number } = {},
  ) => {
    problems.length = 0;
    return new LogFile({
      path,
      max_bytes: 100,
      max_files: 3,
      now: () => NOON,
      ...options,
      onProblem: (message) => problems.push(message),
    });
  };

  it("is written besides standard output, in a directory that is made for it", async () => {
    const { logger, lines } = create({ file: { path, max_bytes: 1000, max_files: 2 } });
    logger.warn("Disk is nearly full");
    logger.child({}).info({ password: "hunter2" }, "Registered service: b?token=hunter2");
    await logger.close();
    expect(readFileSync(path, "utf8")).toBe(
      "2025-09-22 05:00:00,123 - WARNING - Disk is nearly full\n" +
        "2025-09-22 05:00:00,123 - INFO - Registered service: b?token=[redacted]\n",
    );
    expect(lines).toHaveLength(2);
    expect(statSync(path).mode & 0o007).toBe(0);
  });

  it("is rotated by size and keeps the newest lines in at most the given number of files", async () => {
    const file = createFile();
    const lines = Array.from(
      { length: 40 },
      (_, index) => `line ${String(index).padStart(3, "0")} ...........\n`,
    );
    for (const [index, line] of lines.entries()) {
      file.write(line);
      if (index % 7 === 0) await file.close();
    }
    await file.close();
    expect(readdirSync(join(directory, "logs")).toSorted()).toEqual([
      "fleetlight.log",
      "fleetlight.log.1",
      "fleetlight.log.2",
    ]);
    const kept = [".2", ".1", ""].map((end) => readFileSync(path + end, "utf8"));
    for (const text of kept) expect(text.length).toBeLessThanOrEqual(100);
    expect(kept.join("")).toBe(lines.slice(-kept.join("").split("\n").length + 1).join(""));
    expect(file.dropped).toBe(0);
    expect(problems).toEqual([]);
  });

  it("goes on with a file that is there, and keeps a single one when told to", async () => {
    const file = createFile({ max_files: 1, max_bytes: 20 });
    file.write("0123456789\n");
    await file.close();
    file.write("a\n");
    await file.close();
    expect(readFileSync(path, "utf8")).toBe("0123456789\na\n");
    file.write("ABCDEFGHIJ\n");
    await file.close();
    expect(readFileSync(path, "utf8")).toBe("ABCDEFGHIJ\n");
    expect(existsSync(`${path}.1`)).toBe(false);
  });

  it("writes a line that is larger than a whole file", async () => {
    const file = createFile({ max_bytes: 10 });
    file.write(`${"x".repeat(50)}\n`);
    file.write("b\n");
    await file.close();
    expect(readFileSync(`${path}.1`, "utf8")).toHaveLength(51);
    expect(readFileSync(path, "utf8")).toBe("b\n");
  });

  it("warns once when it cannot be written, disturbs nobody, and tells when it works again", async () => {
    let time = NOON;
    writeFileSync(join(directory, "logs"), "a file where the directory should be");
    const file = createFile({ now: () => time });
    for (let round = 0; round < 3; round++) {
      file.write("lost\n");
      await file.close();
    }
    expect(problems).toEqual([expect.stringContaining("cannot be written")]);
    expect(file.dropped).toBe(3);
    rmSync(join(directory, "logs"));
    time += 60_000;
    file.write("found\n");
    await file.close();
    expect(readFileSync(path, "utf8")).toBe("found\n");
    expect(problems[1]).toBe("the log file is written again; 3 lines are missing in it");
  });

  it("lets a logger go on whose file is read-only, with one warning", async () => {
    writeFileSync(join(directory, "logs"), "");
    chmodSync(join(directory, "logs"), 0o444);
    const { logger, lines } = create({ file: { path, max_bytes: 1000, max_files: 2 } });
    for (let round = 0; round < 5; round++) logger.info("still here");
    await logger.close();
    const warnings = lines.filter((line) => record(line).level === "warn");
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain("the log file cannot be written");
    expect(lines).toHaveLength(6);
  });

  it("drops lines rather than fill the memory", async () => {
    const file = createFile({ max_bytes: 100_000_000 });
    const line = `${"x".repeat(100_000)}\n`;
    for (let round = 0; round < 100; round++) file.write(line);
    expect(file.dropped).toBeGreaterThan(50);
    await file.close();
    expect(statSync(path).size).toBe((100 - file.dropped) * line.length);
    expect(problems).toEqual([expect.stringContaining("too slow")]);
  });
});
