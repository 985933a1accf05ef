import type { RegisterAnswer } from "@fleetlight/contract";
import { Button, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { ApiError, request } from "../../api/client.ts";
import { paths } from "../../api/paths.ts";
import { keys } from "../../api/queries.ts";
import { Dialog, DialogButtons } from "../../ui/dialog.tsx";
import { Failure } from "../../ui/notes.tsx";
import type { RegisterForm } from "./register-form.ts";
import { EMPTY_FORM, idFrom, toRegistration } from "./register-form.ts";
import classes from "./services.module.css";

const FIELDS = [
  "id",
  "name",
  "type",
  "url",
  "health_endpoint",
  "metrics_endpoint",
  "check.interval_seconds",
];

/** Registers a service: a form that mirrors the request, with the server's answer beside the field it is about. */
export const RegisterDialog = ({ onClose }: { onClose: () => void }) => {
  const [form, setForm] = useState<RegisterForm>(EMPTY_FORM);
  const cache = useQueryClient();
  const navigate = useNavigate();
  const register = useMutation({
    mutationFn: () =>
      request<RegisterAnswer>("POST", paths.register(), { body: toRegistration(form) }),
    onSuccess: ({ service_id: serviceId }) => {
      void cache.invalidateQueries({ queryKey: keys.services });
      void navigate({ to: "/dashboard/services/$serviceId", params: { serviceId } });
    },
  });
  const refusal = register.error instanceof ApiError ? register.error : null;
  const placed = refusal?.details.some(({ path }) => FIELDS.includes(path)) ?? false;
  const field = (name: keyof RegisterForm, path: string = name) => ({
    value: form[name],
    error: refusal?.field(path),
    onChange: ({ currentTarget: { value } }: { currentTarget: { value: string } }) =>
      setForm((old) => ({ ...old, [name]: value })),
  });
  return (
    <Dialog title="Register a service" onClose={onClose} width={620}>
      <form
        className={classes["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          register.mutate();
        }}
      >
        <TextInput
          className={classes["whole"] ?? ""}
          label="Address"
          description="Where the service listens, as Fleetlight reaches it"
          placeholder="http://127.0.0.1:3000"
          type="url"
          required
          data-autofocus
          {...field("url")}
        />
        <TextInput label="Name" placeholder="Orchestrator" required {...field("name")} />
        <TextInput label="Id" placeholder={idFrom(form) || "orchestrator"} {...field("id")} />
        <TextInput label="Health endpoint" {...field("health_endpoint")} />
        <TextInput label="Metrics endpoint" {...field("metrics_endpoint")} />
        <TextInput label="Type" placeholder="custom" {...field("type")} />
        <TextInput
          label="Check interval, seconds"
          placeholder="as configured"
          type="number"
          min={0.1}
          step="any"
          {...field("interval", "check.interval_seconds")}
        />
        {register.error !== null && !placed && (
          <div className={classes["whole"]}>
            <Failure what="The service was not registered" error={register.error} />
          </div>
        )}
        <DialogButtons>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={register.isPending}>
            Register
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
};
