import type { ComponentType } from "react";
import type { Session } from "../api/session.js";
import { BackupsIcon, DrillsIcon, KeysIcon, ModelsIcon, PromisesIcon, TopologyIcon, UsageIcon } from "./icons.js";

export interface NavigationItem {
  readonly to: string;
  readonly name: string;
  readonly Icon: ComponentType<{ readonly size?: number }>;
  /** What the page is for, in the page finder. */
  readonly about: string;
  /** Shown in the bar at the bottom of a phone, which has room for four pages. */
  readonly primary?: true;
  /** The page concerns the platform itself: the API refuses its data to others. */
  readonly operator?: true;
}

type Operator = Pick<Session, "operator">;

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
        operator: true,
        about: "RTO, RPO and availability: promised, predicted, measured",
        primary: true,
      },
      {
        to: "/topology",
        name: "Topology",
        Icon: TopologyIcon,
        operator: true,
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
      { to: "/keys", name: "Keys", Icon: KeysIcon, about: "API keys: create, search, revoke" },
    ],
  },
  {
    name: "Recovery",
    items: [
      { to: "/drills", name: "Drills", Icon: DrillsIcon, operator: true, about: "Inject faults, measure recovery" },
      { to: "/backups", name: "Backups", Icon: BackupsIcon, operator: true, about: "Backups and their verification" },
    ],
  },
];

/** The groups with the pages that a user may open. */
export function navigationOf({ operator }: Operator): readonly NavigationGroup[] {
  return navigation
    .map(({ name, items }) => ({ name, items: items.filter((item) => operator || !item.operator) }))
    .filter(({ items }) => items.length > 0);
}

export function pagesOf(user: Operator): readonly NavigationItem[] {
  return navigationOf(user).flatMap(({ items }) => items);
}

/** The first page of a user. */
export function homeOf({ operator }: Operator): string {
  return operator ? "/promises" : "/models";
}
