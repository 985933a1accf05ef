import { badRequest } from "#lib";

import type { Doors } from "../../doors.ts";
import type { App } from "../app-type.ts";
import { unsupportedMediaType } from "../bodies.ts";

/** Slack's own limit of what it posts is far below. */
const MAX_BODY_BYTES = 256 * 1024;

/**
 * Where Slack posts pressed buttons. Whoever can sign may use it, so it asks for no token; the signature is of the body
 * as it came, which is why it is read as text.
 */
export function slackActionRoutes(app: App, doors: Pick<Doors, "slack">): void {
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      "application/x-www-form-urlencoded",
      { parseAs: "string", bodyLimit: MAX_BODY_BYTES },
      (_request, body, done) => done(null, body),
    );
    scope.addContentTypeParser("*", (_request, _body, done) => done(unsupportedMediaType()));

    scope.post(
      "/api/v1/slack/actions",
      {
        config: { access: "open" },
        schema: {
          tags: ["alerts"],
          summary: "Buttons that were pressed in Slack, signed by Slack",
        },
      },
      async (request, reply) => {
        if (typeof request.body !== "string") throw badRequest("expected a form");
        // Slack gives up after three seconds; what was pressed is done, and told in the message's thread, after that.
        await doors.slack.request(request.body, request.headers);
        return reply.code(200).send();
      },
    );
  });
}
