/** Limit of a manifest with its references, bytes: room for 30 references of the largest size. */
export const MAX_BODY_BYTES = 1024 ** 3;
