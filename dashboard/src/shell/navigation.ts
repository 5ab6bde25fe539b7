import type { ComponentType } from "react";
import { type ActorAuthority, ADMIN, missingRight, OPERATOR, type Rights } from "../../../src/contracts/authority.js";
import {
  AuditIcon,
  BackupsIcon,
  DesignIcon,
  DrillsIcon,
  KeysIcon,
  ModelsIcon,
  OrganisationsIcon,
  PromisesIcon,
  TopologyIcon,
  UsageIcon,
  UsersIcon,
} from "./icons.js";

export interface NavigationItem {
  readonly to: string;
  readonly name: string;
  readonly Icon: ComponentType<{ readonly size?: number }>;
  /** What the page is for, in the page finder. */
  readonly about: string;
  /** Shown in the bar at the bottom of a phone, which has room for four pages. */
  readonly primary?: true;
  /** Who may read its data. Absent: everyone who is signed in. */
  readonly authority?: ActorAuthority;
}

export interface NavigationGroup {
  readonly name: string;
  readonly items: readonly NavigationItem[];
}

/** All pages of the navigation by group. The order is that of the navigation on every width. */
const navigation: readonly NavigationGroup[] = [
  {
    name: "Platform",
    items: [
      {
        to: "/promises",
        name: "Promises",
        Icon: PromisesIcon,
        authority: OPERATOR,
        about: "RTO, RPO, availability and latency: promised, predicted, measured",
        primary: true,
      },
      {
        to: "/design",
        name: "Design",
        Icon: DesignIcon,
        authority: OPERATOR,
        about: "Platform file, findings, plan, changes of promises",
      },
      {
        to: "/topology",
        name: "Topology",
        Icon: TopologyIcon,
        authority: OPERATOR,
        about: "Components, their state and calls",
        primary: true,
      },
    ],
  },
  {
    name: "Use",
    items: [
      { to: "/models", name: "Models", Icon: ModelsIcon, about: "Engines, targets, queues, playground", primary: true },
      { to: "/usage", name: "Usage", Icon: UsageIcon, about: "Requests, tokens and errors", primary: true },
    ],
  },
  {
    name: "Access",
    items: [
      { to: "/keys", name: "Keys", Icon: KeysIcon, about: "API keys: create, search, revoke" },
      { to: "/users", name: "Users", Icon: UsersIcon, authority: ADMIN, about: "Users: roles, sign-in links, disable" },
      {
        to: "/organisations",
        name: "Organisations",
        Icon: OrganisationsIcon,
        authority: OPERATOR,
        about: "Organisations and their users, keys and acts",
      },
      {
        to: "/audit",
        name: "Audit log",
        Icon: AuditIcon,
        authority: ADMIN,
        about: "Who did what and when; hash chain",
      },
    ],
  },
  {
    name: "Recovery",
    items: [
      {
        to: "/drills",
        name: "Drills",
        Icon: DrillsIcon,
        authority: OPERATOR,
        about: "Inject faults, measure recovery",
      },
      {
        to: "/backups",
        name: "Backups",
        Icon: BackupsIcon,
        authority: OPERATOR,
        about: "Backups and their verification",
      },
    ],
  },
];

/** The groups with the pages that a user may open. */
export function navigationOf(rights: Rights): readonly NavigationGroup[] {
  const permitted = ({ authority }: NavigationItem) =>
    authority === undefined || missingRight(authority, rights) === undefined;
  return navigation
    .map(({ name, items }) => ({ name, items: items.filter(permitted) }))
    .filter(({ items }) => items.length > 0);
}

export function pagesOf(rights: Rights): readonly NavigationItem[] {
  return navigationOf(rights).flatMap(({ items }) => items);
}

/** The first page of a user. */
export function homeOf({ operator }: Pick<Rights, "operator">): string {
  return operator ? "/promises" : "/models";
}
