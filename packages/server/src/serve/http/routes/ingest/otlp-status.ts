import type { ErrorBody } from "@fleetlight/contract";
import type { FastifyReply, FastifyRequest } from "fastify";

import { ProtobufWriter } from "#lib";

import { codeOf } from "../../../grpc/index.ts";
import { mediaTypeOf } from "./content.ts";

/**
 * A refusal as OTLP/HTTP has it, a google.rpc.Status in the sender's encoding; in JSON with the fields beside it that
 * every other route answers.
 */
export async function sendStatus(
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
): Promise<unknown> {
  const { statusCode } = reply;
  if (statusCode < 400 || typeof payload !== "string") return payload;
  const body = JSON.parse(payload) as ErrorBody;
  const { message } = body.error;
  const code = codeOf(statusCode);
  if (mediaTypeOf(request.headers["content-type"]) !== "application/x-protobuf")
    return JSON.stringify({ code, message, ...body });
  const writer = new ProtobufWriter();
  writer.uint(1, code);
  writer.string(2, message);
  void reply.type("application/x-protobuf");
  return Buffer.from(writer.take());
}
