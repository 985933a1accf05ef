import type { ServiceRegistration } from "@fleetlight/contract";

import { slug } from "../../format/slug.ts";

/** The fields of the dialog as they are typed. */
export interface RegisterForm {
  id: string;
  name: string;
  type: string;
  url: string;
  health_endpoint: string;
  metrics_endpoint: string;
  interval: string;
}

export const EMPTY_FORM: RegisterForm = {
  id: "",
  name: "",
  type: "",
  url: "",
  health_endpoint: "/health",
  metrics_endpoint: "/metrics",
  interval: "",
};

/** The id a service gets when none is typed. */
export const idFrom = ({ name }: RegisterForm): string => slug(name);

/** The request that a filled form stands for; what is left empty is left to the server's defaults. */
export const toRegistration = (
  form: RegisterForm,
): Pick<ServiceRegistration, "id" | "name" | "url"> & Partial<ServiceRegistration> => {
  const text = (value: string) => value.trim();
  return {
    id: text(form.id) || idFrom(form),
    name: text(form.name),
    url: text(form.url),
    ...(text(form.type) !== "" && { type: text(form.type) }),
    ...(text(form.health_endpoint) !== "" && { health_endpoint: text(form.health_endpoint) }),
    ...(text(form.metrics_endpoint) !== "" && { metrics_endpoint: text(form.metrics_endpoint) }),
    ...(text(form.interval) !== "" && { check: { interval_seconds: Number(form.interval) } }),
  };
};
