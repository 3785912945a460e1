/** Limits of a reference image. */

const MIB = 1024 * 1024;

/** Google's limit for an image that is not sent inline (Vertex AI, image understanding, Gemini 3 Pro Image), bytes. */
export const MAX_REFERENCE_BYTES = 30 * MIB;
/** The longest side, pixels. No camera reaches it; a larger image is usually an attack on the decoder. */
export const MAX_REFERENCE_SIDE = 20_000;
/** The most pixels: 400 MB once decoded. */
export const MAX_REFERENCE_PIXELS = 100_000_000;
