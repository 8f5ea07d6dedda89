import type { IdentityConfig } from "../api/types";
import type { IdentityProvider } from "./provider";

type Config = Extract<IdentityConfig, { identity: "oidc" }>;

export function oidc(config: Config): IdentityProvider {
  throw new Error(`not ready: ${config.issuer}`);
}
