import { badRequest } from "#lib";
import addressparser from "nodemailer/lib/addressparser";

export interface MailAddress {
  name: string;
  address: string;
}

/** Recipients of one mail. */
const MAX_RECIPIENTS = 100;
const MAX_ADDRESS_CHARACTERS = 320;

const ADDRESS = /^[^\s@<>(),;:\\"[\]]+@[^\s@<>(),;:\\"]+$/u;

/** On one line and without what could end a header or a command. */
export const oneLine = (text: string): string =>
  text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").trim();

/**
 * Addresses of a list such as `Ops <ops@example.org>, b@example.org`.
 * @throws FleetlightError `bad_request` when one of them is no address.
 */
export function parseAddresses(text: string, field: string): MailAddress[] {
  const entries = addressparser(oneLine(text));
  const addresses = entries.map((entry) => {
    const { name, address = "" } = entry;
    if (!ADDRESS.test(address) || address.length > MAX_ADDRESS_CHARACTERS)
      throw badRequest(`${field} has what is no address: ${(address || name).slice(0, 100)}`);
    return { name, address };
  });
  if (addresses.length === 0) throw badRequest(`${field} names nobody`);
  if (addresses.length > MAX_RECIPIENTS)
    throw badRequest(`${field} names more than ${MAX_RECIPIENTS} addresses`);
  return addresses;
}
