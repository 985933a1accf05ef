import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const glob = (pattern: string | string[]): string[] =>
  globSync(pattern, {
    cwd: ROOT,
    exclude: (name) => name === "node_modules" || name === "dist",
  }).map((path) => path.replaceAll("\\", "/"));
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

const PAGES = glob(["*.md", "docs/**/*.md", "packages/*/README.md"]);
const SOURCES = glob([
  "packages/*/{src,tests}/**/*",
  "{bench,docs,profiles,scripts,tests}/**/*",
  "*.*",
]);

/** What stands between backquotes in the running text; indented and fenced examples are not ours to check. */
function quoted(page: string): string[] {
  const prose = read(page)
    .replace(/^```[^]*?^```/gm, "")
    .replace(/^ {4}.*$/gm, "");
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(([, text = ""]) => text);
}

/** Whether a file has that path, or ends in it: pages leave out the room that they speak of. */
const exists = (path: string): boolean =>
  SOURCES.some((source) => source === path || source.endsWith(`/${path}`));

/** Names of code files, alone or with folders; other extensions are often those of the reader's own files. */
const isCode = (text: string): boolean => /^[\w@./-]+\.(?:tsx?|sql)$/.test(text);

/** Anchors as GitHub makes them of headings, and those that are written. */
function anchorsOf(page: string): Set<string> {
  const text = read(page);
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replace(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
  return new Set([...headings, ...[...text.matchAll(/id="([^"]+)"/g)].map(([, id = ""]) => id)]);
}

/** Links of a page that lead nowhere. */
function brokenLinks(page: string): string[] {
  const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
  return links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [path = "", anchor] = link.split("#");
    const target = path === "" ? page : join(dirname(page), path).replaceAll("\\", "/");
    if (!existsSync(join(ROOT, target))) return true;
    return anchor !== undefined && !anchorsOf(target).has(anchor);
  });
}

describe("documents", () => {
  it("are found, and so are the files that they may name", () => {
    expect(PAGES).toEqual(expect.arrayContaining(["README.md", "docs/operation.md"]));
    expect(SOURCES.length).toBeGreaterThan(500);
    expect(quoted("ARCHITECTURE.md").filter(isCode).length).toBeGreaterThan(40);
  });

  it.each(PAGES)("%s names only files that exist", (page) => {
    expect(quoted(page).filter((text) => isCode(text) && !exists(text))).toEqual([]);
  });

  it.each(PAGES)("%s has no broken links", (page) => {
    expect(brokenLinks(page)).toEqual([]);
  });

  it("name only metrics of ours that the source knows", () => {
    const source = SOURCES.filter((path) => /^packages\/(?:sdk|server)\/src\/.*\.ts$/.test(path))
      .filter((path) => !path.endsWith(".test.ts"))
      .map(read)
      .join("\n");
    // A template such as `fleetlight_rule_group_${name}` stands for what is put together of it.
    const known = new Set(source.match(/fleetlight_[a-z0-9_]+/g));
    const prefixes = [...known].filter((name) => name.endsWith("_"));
    const unknown = PAGES.flatMap(quoted)
      .flatMap((text) => text.match(/^fleetlight_[a-z0-9_]+/g) ?? [])
      .filter(
        (name) =>
          !name.endsWith("_") &&
          !known.has(name) &&
          !prefixes.some((prefix) => name.startsWith(prefix)),
      );
    expect(unknown).toEqual([]);
  });
});
