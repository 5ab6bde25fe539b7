import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { organisationRoutes } from "../../../src/contracts/routes/accounts.js";
import { call } from "./client.js";

const ORGANISATIONS = ["organisations"] as const;

export interface OrganisationsQuery {
  readonly search: string | undefined;
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
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { readonly id: string; readonly name?: string }) =>
      call(organisationRoutes.createOrganisation, { body }),
    onSuccess: () => client.invalidateQueries({ queryKey: ORGANISATIONS }),
  });
}
