/** Limit of a manifest with its references, bytes: room for 30 references of the largest size. */
export const MAX_BODY_BYTES = 1024 ** 3;

/** Limit of a part of a form that is text and not a file, bytes. The form's parser keeps it in memory. */
export const MAX_TEXT_PART_BYTES = 1024 ** 2;
/** A manifest and a base. */
export const MAX_TEXT_PARTS_BYTES = 2 * MAX_TEXT_PART_BYTES;
