/** A manifest with its references, bytes: 30 of the largest. */
export const MAX_BODY_BYTES = 1024 ** 3;
