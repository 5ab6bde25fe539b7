/** No module calls the dashboard: its users are people. */
export type Dashboard = Readonly<Record<string, never>>;
