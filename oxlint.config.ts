import { defineConfig } from "oxlint";

/** Who may import whom inside packages/server. Anything not listed is an error. */
const rooms: Record<string, string[]> = {
  lib: [],
  config: ["lib"],
  store: ["lib", "config"],
  collect: ["lib", "config", "store"],
  query: ["lib", "config", "store", "collect"],
  decide: ["lib", "config", "store", "collect", "query"],
  respond: ["lib", "config", "store", "collect", "query", "decide"],
  fleet: ["lib", "config", "store", "collect", "query", "decide", "respond"],
  serve: ["lib", "config", "store", "collect", "query", "decide", "respond", "fleet"],
  app: ["lib", "config", "store", "collect", "query", "decide", "respond", "fleet", "serve"],
};

/** Which workspace package may import which. Anything not listed is an error. */
const packages: Record<string, string[]> = {
  contract: [],
  promql: [],
  sdk: ["contract"],
  server: ["contract", "sdk", "promql"],
  web: ["contract"],
  demo: ["contract", "sdk"],
  cli: ["contract", "server", "demo"],
};

const forbiddenPackages = (name: string) =>
  Object.keys(packages)
    .filter((other) => other !== name && !packages[name]?.includes(other))
    .map((other) => ({
      regex: `^@fleetlight/${other}(/|$)`,
      message: `packages/${name} may import only: ${packages[name]?.join(", ") || "no other package"}`,
    }));

const reachingOut = {
  regex: `[.][.]/(${Object.keys(packages).join("|")})/src`,
  message: "enter another package by its name (@fleetlight/name)",
};

const packageRules = Object.keys(packages).map((name) => ({
  files: [`packages/${name}/**`],
  rules: {
    "no-restricted-imports": ["error", { patterns: [...forbiddenPackages(name), reachingOut] }] as [
      "error",
      object,
    ],
  },
}));

const roomRules = Object.entries(rooms).map(([room, may]) => ({
  files: [`packages/server/src/${room}/**`],
  excludeFiles: ["**/*.test.ts"],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        paths: Object.keys(rooms)
          .filter((other) => other !== room && !may.includes(other))
          .map((other) => ({
            name: `#${other}`,
            message: `${room} may import only: ${may.join(", ") || "nothing"}`,
          })),
        patterns: [
          {
            regex: `[.][.]/(${Object.keys(rooms).join("|")})/`,
            message: "leave a room by its name (#room), never by ../",
          },
          { regex: "^#[a-z]+/", message: "enter a room by its one door (#room)" },
          ...forbiddenPackages("server"),
          reachingOut,
        ],
      },
    ] as ["error", object],
  },
}));

export default defineConfig({
  plugins: ["typescript", "import", "react", "unicorn", "oxc", "vitest"],
  categories: { correctness: "error" },
  rules: {
    "import/no-cycle": "error",
    "import/no-default-export": "error",
    "typescript/no-explicit-any": "error",
    "typescript/consistent-type-imports": "error",
    "max-lines": ["error", { max: 400, skipBlankLines: true, skipComments: true }],
    "max-lines-per-function": ["error", { max: 70, skipBlankLines: true, skipComments: true }],
    complexity: ["error", { max: 15 }],
    // The second argument says what was looked at when the expectation fails.
    "vitest/valid-expect": ["error", { maxArgs: 2 }],
  },
  overrides: [
    ...packageRules,
    ...roomRules,
    { files: ["**/*.config.{ts,mjs}"], rules: { "import/no-default-export": "off" } },
    {
      files: ["**/*.test.ts", "**/*.test.tsx"],
      rules: { "max-lines-per-function": "off", "max-lines": "off" },
    },
  ],
  ignorePatterns: ["**/dist/**"],
});
