const KEY = "fleetlight-token";

type Listener = () => void;
const listeners = new Set<Listener>();
let refused = false;

const announce = (): void => {
  for (const listener of listeners) listener();
};

/** The access token of this browser, or null. Kept in localStorage, sent only to the console's own origin. */
export const readToken = (): string | null => localStorage.getItem(KEY);

/** Keeps a token, or forgets it when it is empty, and lets every request try again. */
export const writeToken = (token: string): void => {
  if (token === "") localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, token);
  refused = false;
  announce();
};

/** Called when the server answered 401. */
export const reportRefused = (): void => {
  if (refused) return;
  refused = true;
  announce();
};

/** Whether the server wants a token that this browser does not have. */
export const isRefused = (): boolean => refused;

/** Calls `listener` whenever the token or its standing changes; answers the function that stops it. */
export const watchToken = (listener: Listener): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};
