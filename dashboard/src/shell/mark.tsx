/** The logo: a cross-section of a hull with its keelson and ribs. */
export function Mark({ size = 24 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" fill="none" stroke="currentColor" aria-hidden="true">
      <path d="M3 7c1.2 9.8 6 16 13 18 7-2 11.8-8.2 13-18" strokeWidth="2.8" strokeLinecap="round" />
      <path d="M16 5v20M9.5 9v10.3M22.5 9v10.3" strokeWidth="2" strokeLinecap="round" />
    </svg>
  );
}
