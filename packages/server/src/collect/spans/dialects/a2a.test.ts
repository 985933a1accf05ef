import { expect, test } from "vitest";

import { facetsOf, type Said } from "./fixture.ts";

const [SERVER, CLIENT] = [2, 3];
const ids: Said = { "a2a.task.id": "t-1", "a2a.context.id": "c-1" };

test.each<[string, number, Said, object]>([
  [
    "message/send",
    CLIENT,
    { ...ids, "a2a.method": "message/send", "a2a.agent.name": "booker" },
    { operation: "message", peer: "booker", task: "t-1", conversation: "c-1" },
  ],
  [
    "a2a.message/stream",
    CLIENT,
    { "a2a.target.agent": "booker" },
    { operation: "message", peer: "booker" },
  ],
  [
    "SendMessage",
    SERVER,
    { ...ids, "rpc.method": "SendMessage", "a2a.agent.name": "booker" },
    { operation: "invoke_agent", agent: "booker", conversation: "c-1" },
  ],
  [
    "tasks/get",
    CLIENT,
    { ...ids, "a2a.method": "tasks/get", "a2a.agent.name": "booker" },
    { operation: "", peer: "" },
  ],
  [
    "invoke_agent booker",
    CLIENT,
    { ...ids, "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "booker" },
    { operation: "invoke_agent", agent: "booker", task: "t-1" },
  ],
])("%s of kind %i %o", (name, kind, attributes, expected) => {
  expect(facetsOf(name, attributes, { kind })).toMatchObject(expected);
});
