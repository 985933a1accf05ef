import { describe, expect, it } from "vitest";

import type { OutboundAnswer } from "#lib";

import { jsonOf, readSecret, secretForms, urlSecrets, waitOf } from "./exchange.ts";
import { hideSecrets } from "./http.ts";

const answer = (body: string): OutboundAnswer => ({
  status: 400,
  headers: {},
  body: Buffer.from(body),
  durationMs: 1,
});

describe("an answer in JSON", () => {
  it.each([
    ['{"a":1}', { a: 1 }],
    ["[1]", [1]],
    ["null", {}],
    ["1", {}],
    ['{"a":', {}],
    ["<html>", {}],
    ["", {}],
  ])("is read of %j as %j", (body, expected) => {
    expect(jsonOf(answer(body))).toEqual(expected);
  });

  it.each<[unknown, number, number | null]>([
    [1.5, 1000, 1500],
    [0, 1000, 0],
    [0.0001, 1000, 1],
    [2000, 1, 2000],
    [-1, 1000, null],
    [1e12, 1000, null],
    [Number.NaN, 1000, null],
    ["5", 1000, null],
    [undefined, 1000, null],
  ])("asks with %j times %i to wait %j ms", (value, unit, expected) => {
    expect(waitOf(value, unit)).toBe(expected);
  });
});

describe("secrets", () => {
  it.each([
    ["as they are", 'p/w=1 2"3'],
    ["in a URL", encodeURIComponent('p/w=1 2"3')],
    ["in JSON", String.raw`p/w=1 2\"3`],
    ["in base64", Buffer.from('p/w=1 2"3').toString("base64")],
  ])("are hidden %s", (_where, form) => {
    expect(hideSecrets(`before ${form} after`, secretForms('p/w=1 2"3'))).toBe(
      "before <secret> after",
    );
  });

  it("that are longer hide before those that are parts of them", () => {
    expect(hideSecrets("1:abcdefgh", secretForms("abcdefgh", "1:abcdefgh"))).toBe("<secret>");
  });

  it("that are too short to be any hide nothing", () => {
    expect(hideSecrets("a cat sat", secretForms("a", "", undefined))).toBe("a cat sat");
  });

  it.each([
    "https://user:password-1@hooks.example/services/T0000000/B0000000/0123456789abcdef01234567",
    "https://chat.example/v1/spaces/A/messages?key=AIza0123456789&token=tok%3D0123",
    "https://discord.example/api/webhooks/1/0123456789abcdef0123456789?wait=true",
  ])("of %s are hidden in whole and in parts", (url) => {
    const { password, pathname, search, searchParams } = new URL(url);
    const parts = [
      url,
      `${pathname}${search}`,
      ...[...searchParams.values()].filter((value) => value.length > 5),
      ...pathname.split("/").filter((part) => part.length > 20),
      ...(password === "" ? [] : [password]),
    ];
    for (const part of parts)
      expect(hideSecrets(`said ${part}!`, urlSecrets(url)), part).toBe("said <secret>!");
  });

  it("are read from a file when they are in one, which must not be empty", async () => {
    const context = {
      readSecretFile: (path: string) => Promise.resolve(path === "/full" ? "s" : ""),
    };
    expect(await readSecret(context, "given", undefined)).toBe("given");
    expect(await readSecret(context, undefined, "/full")).toBe("s");
    await expect(readSecret(context, undefined, "/empty")).rejects.toMatchObject({
      code: "secret_file",
      message: "/empty is empty",
      retryable: true,
    });
  });
});
