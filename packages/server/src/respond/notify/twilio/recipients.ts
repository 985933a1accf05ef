/** What has become of a notification so far: nobody is told twice, and nobody asked again who cannot be told. */
export interface Progress {
  /** Id of the message by telephone number. */
  told: Record<string, string>;
  /** Why a number can never be told. */
  refused: Record<string, string>;
}

const isTexts = (value: unknown): value is Record<string, string> =>
  typeof value === "object" &&
  value !== null &&
  Object.values(value).every((text) => typeof text === "string");

/** The progress that an earlier attempt left; none when it left nothing that can be read. */
export function readProgress(reference: string | undefined): Progress {
  try {
    const { told, refused } = JSON.parse(reference ?? "{}") as Partial<Progress>;
    return {
      told: isTexts(told) ? { ...told } : {},
      refused: isTexts(refused) ? { ...refused } : {},
    };
  } catch {
    return { told: {}, refused: {} };
  }
}

/** Enough of a telephone number to tell it from others of the same list. */
export const maskNumber = (number: string): string => `${number.slice(0, 3)}…${number.slice(-3)}`;
