import { expect, test } from "vitest";

import { facetsOf, type Said } from "./fixture.ts";

/** What every object of the language has without being asked. */
const INHERITED = ["constructor", "toString", "hasOwnProperty", "__proto__", "valueOf"];

const SAYING: readonly ((word: string) => Said)[] = [
  () => ({ "crewai.agent.role": "r" }),
  (word) => ({ "ag2.span.type": word }),
  (word) => ({ "llm.request.type": word }),
  (word) => ({ "traceloop.span.kind": word }),
  (word) => ({ "gen_ai.operation.name": word }),
  (word) => ({ "openinference.span.kind": word }),
  (word) => ({ "ai.operationId": word }),
  (word) => ({ "langfuse.observation.type": word }),
  (word) => ({ "mcp.method.name": word }),
  (word) => ({ "a2a.method": word }),
  (word) => ({ "fleetlight.operation": word }),
];

test.each(INHERITED)("%s is no operation in any dialect", (word) => {
  for (const said of SAYING) {
    const { operation } = facetsOf(word, said(word));
    expect([typeof operation, operation === word], JSON.stringify(said(word))).toEqual([
      "string",
      false,
    ]);
  }
});

test("a name that is nearly that of an AutoGen message is looked at once, not once for each of its parts", () => {
  const name = `autogen process ${".(".repeat(200_000)}`;
  expect(facetsOf(name, { "messaging.operation": "process" }).operation).toBe("");
});
