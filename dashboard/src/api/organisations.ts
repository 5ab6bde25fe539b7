import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { OrganisationStatus } from "../../../src/contracts/organisations.js";
import { organisationRoutes } from "../../../src/contracts/routes/accounts.js";
import { call } from "./client.js";

export type { Organisation } from "../../../src/contracts/organisations.js";

const ORGANISATIONS = ["organisations"] as const;

export interface OrganisationsQuery {
  readonly search: string | undefined;
  /** Default: those that are not deleted. */
  readonly status?: OrganisationStatus;
  readonly after?: string | undefined;
  readonly limit: number;
}

/** A page of the organisations whose name or id contains the text. */
export function useOrganisations(query: OrganisationsQuery, enabled = true) {
  return useQuery({
    enabled,
    queryKey: [...ORGANISATIONS, query],
    queryFn: ({ signal }) => call(organisationRoutes.listOrganisations, { query }, signal),
    placeholderData: keepPreviousData,
  });
}

export function useCreateOrganisation() {
  return useChange((body: { readonly id: string; readonly name?: string }) =>
    call(organisationRoutes.createOrganisation, { body }),
  );
}

export function useRenameOrganisation() {
  return useChange(({ id, name }: { readonly id: string; readonly name: string }) =>
    call(organisationRoutes.changeOrganisation, { params: { id }, body: { name } }),
  );
}

/** Deletes an organisation with its users, and revokes its keys. */
export function useDeleteOrganisation() {
  return useChange((id: string) => call(organisationRoutes.deleteOrganisation, { params: { id } }));
}

function useChange<Input, Output>(change: (input: Input) => Promise<Output>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: change, onSuccess: () => client.invalidateQueries({ queryKey: ORGANISATIONS }) });
}
