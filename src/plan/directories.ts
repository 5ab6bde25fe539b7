/** The data directory of a container on every target; its root file system is read-only. */
export const DATA_DIRECTORY = "/var/lib/keelson";
