import { expect, test } from "vitest";

import { facetsOf, type Said } from "./fixture.ts";

test.each<[string, Said, object]>([
  [
    "tools/call look",
    { "mcp.method.name": "tools/call", "gen_ai.tool.name": "look" },
    { operation: "execute_tool", tool: "look" },
  ],
  [
    "MCP send tools/call look",
    { "mcp.method.name": "tools/call" },
    { operation: "execute_tool", tool: "look" },
  ],
  [
    "tool look",
    { "rpc.system": "mcp", "rpc.method": "tools/call", "mcp.tool.name": "look" },
    { operation: "execute_tool", tool: "look" },
  ],
  ["resources/read", { "mcp.method.name": "resources/read" }, { operation: "retrieval" }],
  ["initialize", { "mcp.method.name": "initialize" }, { operation: "" }],
  ["shop/Buy", { "rpc.system": "grpc", "rpc.method": "tools/call" }, { operation: "" }],
])("%s %o", (name, attributes, expected) => {
  expect(facetsOf(name, attributes)).toMatchObject(expected);
});
