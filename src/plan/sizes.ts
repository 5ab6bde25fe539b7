/** Bytes in a mebibyte and a gibibyte. */
export const MiB = 2 ** 20;
export const GiB = 2 ** 30;
