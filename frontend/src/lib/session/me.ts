import { publicJson } from "../api";
import type { User, Workspace } from "../api/types";
import type { Person } from "./provider";

interface Me {
  user: User;
  workspaces: Workspace[];
}

/** The person behind a token that another system gave out. */
export async function personBehind(accessToken: string, expiresAt: number): Promise<Person> {
  const me = await publicJson<Me>("/me", { headers: { Authorization: `Bearer ${accessToken}` } });
  return { accessToken, expiresAt, user: me.user, workspaces: me.workspaces };
}
