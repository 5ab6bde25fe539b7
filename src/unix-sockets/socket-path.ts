/** The path of a Unix socket is limited to 107 bytes on Linux and 103 on macOS. */
export const MAX_SOCKET_PATH_BYTES = 100;
