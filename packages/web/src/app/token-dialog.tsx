import { Button, PasswordInput } from "@mantine/core";
import { useState, useSyncExternalStore } from "react";

import { isRefused, readToken, watchToken, writeToken } from "../api/token.ts";
import { Dialog, DialogButtons } from "../ui/dialog.tsx";

/** Asks for an access token once the server has answered 401, and tries everything again with it. */
export const TokenDialog = () => {
  const refused = useSyncExternalStore(watchToken, isRefused);
  const [token, setToken] = useState("");
  if (!refused) return null;
  return (
    <Dialog title="This Fleetlight asks for an access token">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          writeToken(token.trim());
        }}
      >
        <PasswordInput
          label="Access token"
          description="One of auth.tokens of the configuration. It stays in this browser."
          value={token}
          onChange={(event) => setToken(event.currentTarget.value)}
          autoComplete="current-password"
          error={readToken() === null ? null : "This token was not accepted"}
          data-autofocus
          required
        />
        <DialogButtons>
          <Button type="submit">Go on</Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
};
