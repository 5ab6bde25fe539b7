/** Nothing asks anything of the dashboard: it is where people look. */
export type Dashboard = Readonly<Record<string, never>>;
