import type { FastifyRequest } from "fastify";

import { badRequest, describeError, FleetlightError } from "#lib";

import type { App } from "./app-type.ts";

type Done = (error: Error | null, value?: unknown) => void;

/** Why a text is not taken; the parser itself does not say where it failed. */
function faultOf(text: string): string {
  try {
    JSON.parse(text);
    return "the body has a key that is not allowed, such as `__proto__`";
  } catch (error) {
    return `the body is not valid JSON: ${describeError(error)}`;
  }
}

/** JSON is the only language of bodies; one that is announced and then empty counts as none. */
export function acceptBodies(app: App): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    "application/json",
    { parseAs: "string" },
    (request: FastifyRequest, body: string, done: Done) => {
      if (body.trim() === "") return done(null);
      void parse(request, body, (error: Error | null, value?: unknown) =>
        error === null ? done(null, value) : done(badRequest(faultOf(body))),
      );
    },
  );
  // `curl -d ""` announces a form that it does not send.
  app.addContentTypeParser(
    "application/x-www-form-urlencoded",
    { parseAs: "string" },
    (_request: FastifyRequest, body: string, done: Done) =>
      done(body === "" ? null : unsupportedMediaType()),
  );
}

export const unsupportedMediaType = (): FleetlightError =>
  new FleetlightError(
    "unsupported_media_type",
    415,
    "this content type is not read here; send `Content-Type: application/json`",
  );
