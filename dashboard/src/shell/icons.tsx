import type { ReactNode } from "react";

interface IconProps {
  readonly size?: number;
}

/** The icons of the application, with one stroke width on a grid of 20. Each is shown with a text or has a label. */
function Drawing({ size = 18, children }: IconProps & { readonly children: ReactNode }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.5}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

export function PromisesIcon(props: IconProps) {
  return (
    <Drawing {...props}>
      <path d="M10 2.5 4 4.7v4.6c0 3.8 2.4 6.7 6 8.2 3.6-1.5 6-4.4 6-8.2V4.7L10 2.5Z" />
      <path d="m7.4 9.9 1.9 1.9 3.4-3.7" />
    </Drawing>
  );
}

export function TopologyIcon(props: IconProps) {
  return (
    <Drawing {...props}>
      <rect x="2.5" y="7.5" width="5" height="5" rx="1" />
      <rect x="12.5" y="2.5" width="5" height="5" rx="1" />
      <rect x="12.5" y="12.5" width="5" height="5" rx="1" />
      <path d="M7.5 10h2.5M12.5 5H10v10h2.5" />
    </Drawing>
  );
}

export function ModelsIcon(props: IconProps) {
  return (
    <Drawing {...props}>
      <path d="m10 2.5 6.5 3.7v7.6L10 17.5l-6.5-3.7V6.2L10 2.5Z" />
      <path d="m3.7 6.3 6.3 3.6 6.3-3.6M10 9.9v7.4" />
    </Drawing>
  );
}

export function UsageIcon(props: IconProps) {
  return (
    <Drawing {...props}>
      <path d="M3 17h14M5 14v-3M9 14V6M13 14V9M17 14V4" />
    </Drawing>
  );
}

export function KeysIcon(props: IconProps) {
  return (
    <Drawing {...props}>
      <circle cx="6.5" cy="13.5" r="3.5" />
      <path d="m9 11 7.5-7.5M13.5 6.5l2.3 2.3M11.3 8.7l1.6 1.6" />
    </Drawing>
  );
}

export function DrillsIcon(props: IconProps) {
  return (
    <Drawing {...props}>
      <path d="M2.5 10.5h3l2-6 4 11.5 2.3-7.5 1.2 2h2.5" />
    </Drawing>
  );
}

export function SunIcon(props: IconProps) {
  return (
    <Drawing {...props}>
      <circle cx="10" cy="10" r="3.2" />
      <path d="M10 2.5v1.3M10 16.2v1.3M2.5 10h1.3M16.2 10h1.3M4.7 4.7l.9.9M14.4 14.4l.9.9M4.7 15.3l.9-.9M14.4 5.6l.9-.9" />
    </Drawing>
  );
}

export function MoonIcon(props: IconProps) {
  return (
    <Drawing {...props}>
      <path d="M16.5 11.7A6.8 6.8 0 0 1 8.3 3.5a6.8 6.8 0 1 0 8.2 8.2Z" />
    </Drawing>
  );
}

export function AutoIcon(props: IconProps) {
  return (
    <Drawing {...props}>
      <circle cx="10" cy="10" r="6.5" />
      <path d="M10 3.5v13a6.5 6.5 0 0 0 0-13Z" fill="currentColor" stroke="none" />
    </Drawing>
  );
}

export function ChevronIcon(props: IconProps) {
  return (
    <Drawing {...props}>
      <path d="m7.5 5 5 5-5 5" />
    </Drawing>
  );
}

export function CopyIcon(props: IconProps) {
  return (
    <Drawing {...props}>
      <rect x="7" y="7" width="9.5" height="9.5" rx="1.5" />
      <path d="M13 7V5a1.5 1.5 0 0 0-1.5-1.5H5A1.5 1.5 0 0 0 3.5 5v6.5A1.5 1.5 0 0 0 5 13h2" />
    </Drawing>
  );
}

export function CheckIcon(props: IconProps) {
  return (
    <Drawing {...props}>
      <path d="m4.5 10.5 3.5 3.5 7.5-8" />
    </Drawing>
  );
}

export function CrossIcon(props: IconProps) {
  return (
    <Drawing {...props}>
      <path d="m5.5 5.5 9 9M14.5 5.5l-9 9" />
    </Drawing>
  );
}

export function QuestionIcon(props: IconProps) {
  return (
    <Drawing {...props}>
      <path d="M7.3 7.4A2.8 2.8 0 1 1 11 10.2c-.7.3-1 .9-1 1.7M10 14.7v.1" />
    </Drawing>
  );
}

export function WarningIcon(props: IconProps) {
  return (
    <Drawing {...props}>
      <path d="M10 3.8 17 16H3l7-12.2ZM10 8.5v3.7M10 14.2v.1" />
    </Drawing>
  );
}

export function DashIcon(props: IconProps) {
  return (
    <Drawing {...props}>
      <path d="M5.5 10h9" />
    </Drawing>
  );
}

export function PlusIcon(props: IconProps) {
  return (
    <Drawing {...props}>
      <path d="M10 4.5v11M4.5 10h11" />
    </Drawing>
  );
}

export function PlayIcon(props: IconProps) {
  return (
    <Drawing {...props}>
      <path d="M6.5 4.3v11.4l9-5.7-9-5.7Z" />
    </Drawing>
  );
}

export function StopIcon(props: IconProps) {
  return (
    <Drawing {...props}>
      <rect x="5.5" y="5.5" width="9" height="9" rx="1" />
    </Drawing>
  );
}

export function SendIcon(props: IconProps) {
  return (
    <Drawing {...props}>
      <path d="m3.5 10 13-6-4 12.5-3-5-6-1.5ZM9.5 11.5l3-3" />
    </Drawing>
  );
}

export function DownloadIcon(props: IconProps) {
  return (
    <Drawing {...props}>
      <path d="M10 3.5v9M6.5 9.2 10 12.7l3.5-3.5M3.5 16.5h13" />
    </Drawing>
  );
}

export function SignOutIcon(props: IconProps) {
  return (
    <Drawing {...props}>
      <path d="M12 6V4.5A1.5 1.5 0 0 0 10.5 3h-5A1.5 1.5 0 0 0 4 4.5v11A1.5 1.5 0 0 0 5.5 17h5a1.5 1.5 0 0 0 1.5-1.5V14M8.5 10h8.5M14.2 7.2 17 10l-2.8 2.8" />
    </Drawing>
  );
}

export function EntranceIcon(props: IconProps) {
  return (
    <Drawing {...props}>
      <circle cx="10" cy="10" r="7" />
      <path d="M3 10h14M10 3c2 2 3 4.4 3 7s-1 5-3 7c-2-2-3-4.4-3-7s1-5 3-7Z" />
    </Drawing>
  );
}

export function UnitIcon(props: IconProps) {
  return (
    <Drawing {...props}>
      <rect x="3" y="4" width="14" height="5" rx="1" />
      <rect x="3" y="11" width="14" height="5" rx="1" />
      <path d="M6 6.5h.1M6 13.5h.1" />
    </Drawing>
  );
}

export function StoreIcon(props: IconProps) {
  return (
    <Drawing {...props}>
      <ellipse cx="10" cy="5" rx="6" ry="2.3" />
      <path d="M4 5v10c0 1.3 2.7 2.3 6 2.3s6-1 6-2.3V5M4 10c0 1.3 2.7 2.3 6 2.3s6-1 6-2.3" />
    </Drawing>
  );
}

export function OutsideIcon(props: IconProps) {
  return (
    <Drawing {...props}>
      <path d="M6 15.5h8a3.5 3.5 0 0 0 .6-6.9 4.7 4.7 0 0 0-9.2 1A3 3 0 0 0 6 15.5Z" />
    </Drawing>
  );
}

export function BackupsIcon(props: IconProps) {
  return (
    <Drawing {...props}>
      <rect x="3" y="3.5" width="14" height="4" rx="1" />
      <path d="M4.5 7.5v7.25c0 .97.78 1.75 1.75 1.75h7.5c.97 0 1.75-.78 1.75-1.75V7.5" />
      <path d="M8 11h4" />
    </Drawing>
  );
}

export function MoreIcon(props: IconProps) {
  return (
    <Drawing {...props}>
      <path d="M4.5 10h.01M10 10h.01M15.5 10h.01" strokeWidth={2.4} />
    </Drawing>
  );
}

export function SearchIcon(props: IconProps) {
  return (
    <Drawing {...props}>
      <circle cx="8.75" cy="8.75" r="5.25" />
      <path d="m16.5 16.5-4-4" />
    </Drawing>
  );
}

export function KeyboardIcon(props: IconProps) {
  return (
    <Drawing {...props}>
      <rect x="2.5" y="5" width="15" height="10" rx="1.5" />
      <path d="M5.5 8h.01M8.5 8h.01M11.5 8h.01M14.5 8h.01M7 12h6" />
    </Drawing>
  );
}

export function CodeIcon(props: IconProps) {
  return (
    <Drawing {...props}>
      <path d="m7 6-4 4 4 4M13 6l4 4-4 4" />
    </Drawing>
  );
}

export function OpenIcon(props: IconProps) {
  return (
    <Drawing {...props}>
      <path d="M8 4.5H4.5v11h11V12M11.5 4h4.5v4.5M16 4l-6.5 6.5" />
    </Drawing>
  );
}

export function UsersIcon(props: IconProps) {
  return (
    <Drawing {...props}>
      <circle cx="8" cy="7" r="3" />
      <path d="M2.5 16.5c.4-3 2.6-4.5 5.5-4.5s5.1 1.5 5.5 4.5M13 4.3a3 3 0 0 1 0 5.4M15 12.4c1.5.6 2.3 1.9 2.5 4.1" />
    </Drawing>
  );
}

export function OrganisationsIcon(props: IconProps) {
  return (
    <Drawing {...props}>
      <path d="M4 17V4.5A1.5 1.5 0 0 1 5.5 3h5A1.5 1.5 0 0 1 12 4.5V17M12 8.5h2.5A1.5 1.5 0 0 1 16 10v7M2.5 17h15" />
      <path d="M7 6.5h2M7 9.5h2M7 12.5h2" />
    </Drawing>
  );
}

export function AuditIcon(props: IconProps) {
  return (
    <Drawing {...props}>
      <path d="M5.5 2.5h9A1.5 1.5 0 0 1 16 4v13.5l-2-1.3-2 1.3-2-1.3-2 1.3-2-1.3-2 1.3V4a1.5 1.5 0 0 1 1.5-1.5Z" />
      <path d="M7.5 6.5h5M7.5 9.5h5M7.5 12.5h2.5" />
    </Drawing>
  );
}

export function DesignIcon(props: IconProps) {
  return (
    <Drawing {...props}>
      <path d="M5.5 2.5h6L15 6v11.5h-9.5a1.5 1.5 0 0 1-1.5-1.5V4a1.5 1.5 0 0 1 1.5-1.5Z" />
      <path d="M11.5 2.5V6H15M7 9.5h5M7 12h5M7 14.5h3" />
    </Drawing>
  );
}
