import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Role } from "../../../src/contracts/authority.js";
import type { UserStatus } from "../../../src/contracts/organisations.js";
import { sessionRoutes, userRoutes } from "../../../src/contracts/routes/accounts.js";
import { call } from "./client.js";

export type { Role } from "../../../src/contracts/authority.js";
export type { User, UserStatus } from "../../../src/contracts/organisations.js";

const USERS = ["users"] as const;

export interface UsersQuery {
  readonly search: string | undefined;
  readonly status: UserStatus | undefined;
  readonly role: Role | undefined;
  readonly organisation: string | undefined;
  readonly after: string | undefined;
  readonly limit: number;
}

/** A page of the users that match, oldest first. */
export function useUsers(query: UsersQuery) {
  return useQuery({
    queryKey: [...USERS, query],
    queryFn: ({ signal }) => call(userRoutes.listUsers, { query }, signal),
    placeholderData: keepPreviousData,
  });
}

export interface NewUser {
  readonly name: string;
  readonly role: Role;
  readonly organisation?: string;
}

export function useCreateUser() {
  return useChange((body: NewUser) => call(userRoutes.createUser, { body }));
}

export interface UserChange {
  readonly id: string;
  readonly name?: string;
  readonly role?: Role;
  readonly disabled?: boolean;
}

/** Renames a user, changes the role, disables or enables the user. All but the first sign the user out. */
export function useChangeUser() {
  return useChange(({ id, ...body }: UserChange) => call(userRoutes.changeUser, { params: { id }, body }));
}

/** Deletes a user permanently. */
export function useDeleteUser() {
  return useChange((id: string) => call(userRoutes.deleteUser, { params: { id } }));
}

/** Ends all sessions and sign-in links of a user. */
export function useSignOutUser() {
  return useChange((id: string) => call(userRoutes.endUserSessions, { params: { id } }));
}

/** Creates a link that signs the user in once. Only this response contains it. */
export function useCreateSignInLink() {
  return useMutation({ mutationFn: (user: string) => call(sessionRoutes.createSignInLink, { body: { user } }) });
}

function useChange<Input, Output>(change: (input: Input) => Promise<Output>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: change, onSuccess: () => client.invalidateQueries({ queryKey: USERS }) });
}
