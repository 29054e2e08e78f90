// What a role allows. The roles themselves are the gateway's.

import { ROLES, type Role } from "./generated/http";

/** True if `role` allows what `needed` allows. */
export function allows(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}
