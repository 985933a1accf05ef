import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const readme = readFileSync(`${root}README.md`, "utf8");
const examples = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = ""]) => code);

/** What an example prints, as its comments at the beginning of lines say. */
const printed = (code: string): string =>
  [...code.matchAll(/^\/\/ (.*)$/gm)].map(([, text]) => `${text}\n`).join("");

describe("the README", () => {
  it("has examples", () => {
    expect(examples.length).toBeGreaterThan(5);
  });

  it.each(examples.map((code, index) => [index + 1, code] as const))(
    "prints in example %i what it says",
    { timeout: 60_000 },
    (_, code) => {
      const output = execFileSync(process.execPath, ["--input-type=module-typescript"], {
        cwd: root,
        input: code,
        encoding: "utf8",
      });
      expect(output).toBe(printed(code));
    },
  );
});
