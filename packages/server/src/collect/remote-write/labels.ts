import { ProtobufError, WIRE_BYTES, type ProtobufReader } from "#lib";

type Pair = readonly [name: string, value: string];

/** Labels of one series, or of one exemplar, that are read at all; the limit on those that are taken is far below. */
export const MAX_LABELS = 65_536;

/** One Label message: name and value. */
function readLabel(label: ProtobufReader): Pair {
  let name = "";
  let value = "";
  while (label.next()) {
    if (label.field > 2) {
      label.skip();
      continue;
    }
    label.expect(WIRE_BYTES);
    if (label.field === 1) name = label.string();
    else value = label.string();
  }
  return [name, value];
}

/** Reads the Label messages in field 1 of a message. @throws ProtobufError, also when a text is not UTF-8. */
export function readLabels(message: ProtobufReader): Pair[] {
  const pairs: Pair[] = [];
  while (message.next()) {
    if (message.field !== 1) {
      message.skip();
      continue;
    }
    message.expect(WIRE_BYTES);
    if (pairs.length === MAX_LABELS) throw new ProtobufError(`more than ${MAX_LABELS} labels`);
    pairs.push(readLabel(message.message()));
  }
  return pairs;
}

export const isBadText = (error: unknown): error is ProtobufError => error instanceof ProtobufError;
